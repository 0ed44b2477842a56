// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The stream of a worker, opened again whenever it ends. What is not known to have arrived is said
 * again: saying it twice does no harm.
 */
final class WorkStream<Q, R, T> {
  private static final Logger LOG = Logger.getLogger(WorkStream.class.getName());
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final ClientCore core;
  private final Worker<Q, R, T> worker;
  private final WorkMessages<Q, R, T> messages;
  private final int most;

  /** How tasks ended that the server has not answered, by task. */
  private final Map<String, Q> unsettled = new LinkedHashMap<>();

  private final StreamLog log;
  private Call call;
  private boolean closed;

  /**
   * @param most how many tasks the worker may have
   */
  WorkStream(ClientCore core, Worker<Q, R, T> worker, WorkMessages<Q, R, T> messages, int most) {
    this.core = core;
    this.worker = worker;
    this.messages = messages;
    this.most = most;
    this.log = new StreamLog(messages.worker(), core.address());
  }

  void open() {
    open(worker.held());
  }

  private synchronized void open(Collection<T> held) {
    if (closed) {
      return;
    }
    call = new Call();
    call.requests = core.exchange(messages.method(), call);
    call.requests.onNext(messages.open(held, Math.max(0, most - held.size() - unsettled.size())));
    unsettled.values().forEach(call.requests::onNext);
  }

  /** Says something that need not arrive. */
  synchronized void say(Q message) {
    if (call != null) {
      call.requests.onNext(message);
    }
  }

  /** Says how a task ended, again and again until it has arrived. */
  synchronized void settle(String taskId, Q outcome) {
    unsettled.put(taskId, outcome);
    say(outcome);
  }

  synchronized boolean hasUnsettled() {
    return !closed && !unsettled.isEmpty();
  }

  /** Ends the call; the server gives back what has not been settled. */
  synchronized void close() {
    closed = true;
    if (call != null) {
      call.requests.onCompleted();
      call = null;
    }
  }

  /** It has arrived how a task ended. */
  void settled(String taskId) {
    synchronized (this) {
      if (unsettled.remove(taskId) == null) {
        return;
      }
      say(messages.credit());
    }
    worker.endIfIdle();
  }

  private void broken(Call from, Throwable thrown) {
    synchronized (this) {
      if (from != call) {
        return;
      }
      call = null;
    }
    QuoinException failure = QuoinException.from(thrown);
    if (Retries.isRefusal(failure)) {
      LOG.log(Level.SEVERE, messages.worker() + " cannot work", failure);
      close();
      worker.closeAsync();
      return;
    }
    log.broken(failure);
    try {
      core.after(Retries.pause(LONGEST_PAUSE), this::open);
    } catch (ClosedException e) {
      close();
    }
  }

  /** One call. */
  private final class Call implements StreamObserver<R> {
    private StreamObserver<Q> requests;

    @Override
    public void onNext(R response) {
      log.alive();
      messages.read(response, worker);
    }

    @Override
    public void onError(Throwable failure) {
      broken(this, failure);
    }

    @Override
    public void onCompleted() {
      broken(this, Status.UNAVAILABLE.asRuntimeException());
    }
  }
}
