// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.SharedSubscription;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The workers of this server at one queue, and which of them are idle. A hint of Redis wakes one of
 * them; so does the time at which the next task starts, and, because hints can be lost, every now
 * and then nothing at all.
 */
final class QueueWatch extends SharedSubscription {
  /** How often an idle queue is looked at. A third of the time a server counts as waiting. */
  private static final long SWEEP_MILLIS = 5_000;

  private final QueueStore queues;
  private final RequestContext scope;
  private final String queue;
  private final Timer timer;
  private final Set<Worker> workers = new LinkedHashSet<>();
  private final Set<Worker> idle = new LinkedHashSet<>();
  private Timeout next;
  private long nextAt;

  QueueWatch(QueueStore queues, RequestContext scope, String queue) {
    super(queues.scripts().redis().pubSub(), channel(queues, scope, queue));
    this.queues = queues;
    this.scope = scope;
    this.queue = queue;
    this.timer = queues.scripts().redis().timer();
  }

  static String channel(QueueStore queues, RequestContext scope, String queue) {
    return queues.keys(scope, queue).hints() + queues.server();
  }

  synchronized void add(Worker worker) {
    workers.add(worker);
  }

  /** Hears hints from now on. */
  CompletionStage<Void> begin() {
    return listen();
  }

  @Override
  public synchronized boolean isUnused() {
    return workers.isEmpty();
  }

  @Override
  protected synchronized void closed() {
    if (next != null) {
      next.cancel();
    }
  }

  /** The worker wants tasks: a hint may wake it from now on. */
  void idle(Worker worker) {
    synchronized (this) {
      if (workers.contains(worker)) {
        idle.add(worker);
      }
    }
    wakeIn(SWEEP_MILLIS);
  }

  /** The worker wants no tasks now. */
  synchronized void busy(Worker worker) {
    idle.remove(worker);
  }

  void remove(Worker worker) {
    synchronized (this) {
      workers.remove(worker);
      idle.remove(worker);
    }
  }

  synchronized boolean hasIdleBut(Worker worker) {
    return idle.size() > (idle.contains(worker) ? 1 : 0);
  }

  /** There may be tasks: wakes an idle worker, here or elsewhere. */
  void wakeOne() {
    if (!wakeHere()) {
      queues.passOn(scope, queue);
    }
  }

  /** There may be tasks: wakes an idle worker of this server, if there is one. */
  boolean wakeHere() {
    Worker first;
    synchronized (this) {
      if (idle.isEmpty()) {
        return false;
      }
      first = idle.iterator().next();
      idle.remove(first);
    }
    first.wake(queue);
    return true;
  }

  /** There may be tasks in so many ms. */
  void wakeIn(long millis) {
    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    synchronized (this) {
      if (idle.isEmpty() || next != null && nextAt - at <= 0) {
        return;
      }
      if (next != null) {
        next.cancel();
      }
      nextAt = at;
      next = timer.newTimeout(t -> timeHasCome(), millis, TimeUnit.MILLISECONDS);
    }
  }

  private void timeHasCome() {
    synchronized (this) {
      next = null;
    }
    wakeHere();
    wakeIn(SWEEP_MILLIS);
  }

  @Override
  public void hint(String payload) {
    if (payload.isEmpty()) {
      wakeOne();
    } else if (payload.startsWith("due ")) {
      wakeIn(Long.parseLong(payload.substring(4)));
    } else if (payload.startsWith("cancel ")) {
      String taskId = payload.substring(7);
      List<Worker> all;
      synchronized (this) {
        all = List.copyOf(workers);
      }
      all.forEach(worker -> worker.cancel(queue, taskId));
    }
  }

  @Override
  public void resubscribed() {
    wakeHere();
  }
}
