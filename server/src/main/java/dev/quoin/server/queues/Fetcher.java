// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.RequestContext;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Fetches tasks from several queues for somebody who wants some, in the order preferred, and again
 * whenever there may be more. One step is under way at a time.
 */
final class Fetcher implements Worker {
  private static final int MOST_AT_ONCE = 100;

  /** Who wants tasks. */
  interface Taker {
    /** How many it wants now. */
    int wanted();

    /** Takes tasks that were leased for it, not more than it wanted. */
    void take(String queue, List<Lease> leases);

    /** A queue has been asked, and what it had was taken. */
    default void answered(String queue) {}

    /** Somebody wants a task to stop. */
    void cancel(String queue, String taskId);

    /** Redis could not be asked. */
    void failed(Throwable failure);
  }

  private final QueueStore queues;
  private final QueueWatches watches;
  private final RequestContext scope;
  private final Order order;
  private final Terms terms;
  private final Taker taker;
  private final Map<String, QueueWatch> joined = new LinkedHashMap<>();
  private final Set<String> hinted = new TreeSet<>();
  private boolean fetching;
  private boolean again;
  private boolean idle;
  private boolean ended;

  Fetcher(
      QueueStore queues,
      QueueWatches watches,
      RequestContext scope,
      Order order,
      Terms terms,
      Taker taker) {
    this.queues = queues;
    this.watches = watches;
    this.scope = scope.detached();
    this.order = order;
    this.terms = terms;
    this.taker = taker;
  }

  /** Begins to hear of tasks. */
  CompletionStage<Void> open() {
    CompletableFuture<?>[] heard = new CompletableFuture<?>[order.queues().size()];
    int i = 0;
    for (String queue : order.queues()) {
      QueueWatch watch = watches.join(scope, queue, this);
      joined.put(queue, watch);
      heard[i++] = watch.begin().toCompletableFuture();
    }
    return CompletableFuture.allOf(heard);
  }

  /** The taker may want tasks now. When it wanted some all the time a hint will tell of them. */
  void fetch() {
    synchronized (this) {
      if (idle) {
        return;
      }
      if (fetching || ended) {
        again = true;
        return;
      }
      if (taker.wanted() <= 0) {
        return;
      }
      fetching = true;
      again = false;
      hinted.clear();
      joined.values().forEach(watch -> watch.idle(this));
    }
    ask(order.next(), 0);
  }

  @Override
  public void wake(String queue) {
    synchronized (this) {
      hinted.add(queue);
      idle = false;
    }
    fetch();
    passOnUnwanted();
  }

  @Override
  public void cancel(String queue, String taskId) {
    taker.cancel(queue, taskId);
  }

  /** Wants no more tasks, ever. */
  void end() {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    joined.values().forEach(watch -> watch.remove(this));
    passOnUnwanted();
  }

  private void ask(List<String> asked, int at) {
    int wanted = wanted();
    if (wanted == 0 || at == asked.size()) {
      rest();
      return;
    }
    String queue = asked.get(at);
    QueueWatch watch = joined.get(queue);
    QueueStore.Hints hints =
        watch.hasIdleBut(this) ? QueueStore.Hints.IF_NO_MORE : QueueStore.Hints.IF_TOO_FEW;
    int most = Math.min(wanted, MOST_AT_ONCE);
    queues
        .lease(scope, queue, most, terms, hints)
        .whenComplete(
            (leased, failure) -> {
              if (failure != null) {
                failed(queue, failure);
              } else {
                took(asked, at, watch, leased, most);
              }
            });
  }

  private void took(
      List<String> asked, int at, QueueWatch watch, QueueStore.Leased leased, int most) {
    if (!leased.leases().isEmpty()) {
      taker.take(asked.get(at), leased.leases());
    }
    taker.answered(asked.get(at));
    if (leased.nextMillis() >= 0) {
      watch.wakeIn(leased.nextMillis());
    }
    // Redis tells of later tasks only if there were fewer than asked for.
    boolean more = leased.more() || leased.leases().size() == most && wanted() > 0;
    if (!more) {
      ask(asked, at + 1);
    } else if (wanted() > 0) {
      // The first queues go first again, in their proportions.
      boolean again = leased.leases().isEmpty() || asked.size() == 1;
      ask(again ? asked : order.next(), again ? at : 0);
    } else {
      watch.busy(this);
      watch.wakeHere();
      rest();
    }
  }

  private void rest() {
    boolean more;
    synchronized (this) {
      fetching = false;
      more = again && !ended;
      idle = !more && !ended && taker.wanted() > 0;
      if (taker.wanted() <= 0 || ended) {
        joined.values().forEach(watch -> watch.busy(this));
      }
    }
    if (more) {
      fetch();
    }
    passOnUnwanted();
  }

  /** What this one was woken for and does not want any more is for others. */
  private void passOnUnwanted() {
    List<String> unwanted;
    synchronized (this) {
      if (fetching || hinted.isEmpty() || !ended && taker.wanted() > 0) {
        return;
      }
      unwanted = List.copyOf(hinted);
      hinted.clear();
    }
    unwanted.forEach(queue -> joined.get(queue).wakeOne());
  }

  private void failed(String queue, Throwable failure) {
    synchronized (this) {
      fetching = false;
      if (ErrorMapper.refusal(failure) instanceof ApiException refusal && !refusal.isPassing()) {
        // Others are not refused: what this one was woken for is for them.
        hinted.add(queue);
      }
    }
    taker.failed(failure);
    passOnUnwanted();
  }

  private synchronized int wanted() {
    return ended ? 0 : Math.max(0, taker.wanted());
  }
}
