// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.queues.QueueStore.Hints;
import dev.quoin.server.rpc.Call;
import io.netty.util.Timeout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** One Lease. */
final class LeaseCall implements Fetcher.Taker {
  /** How long before the deadline of the call the wait ends, so that the answer arrives in time. */
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  /** How often a queue is looked at again when all that was found is held back. */
  private static final int MOST_LOOKS = 20;

  private final QueueStore queues;
  private final Call call;
  private final Order order;
  private final int most;
  private final Terms terms;
  private final Fetcher fetcher;
  private final List<Lease> taken = new ArrayList<>();
  private final CompletableFuture<List<Lease>> outcome = new CompletableFuture<>();
  private Timeout end;
  private int unasked;
  private boolean late;
  private boolean ended;

  LeaseCall(
      QueueStore queues, QueueWatches watches, Call call, Order order, int most, Terms terms) {
    this.queues = queues;
    this.call = call;
    this.order = order;
    this.most = most;
    this.terms = terms;
    this.unasked = order.queues().size();
    this.fetcher = new Fetcher(queues, watches, call.scope(), order, terms, this);
  }

  /** Leases what there is now. */
  CompletionStage<List<Lease>> atOnce() {
    call.onCancel(this::abandonAtOnce);
    return ask(order.next(), 0, 1);
  }

  private CompletionStage<List<Lease>> ask(List<String> asked, int at, int look) {
    return queues
        .lease(call.scope(), asked.get(at), most - taken.size(), terms, Hints.NONE)
        .handle(
            (leased, failure) ->
                failure == null ? took(asked, at, look, leased) : withoutMore(failure))
        .thenCompose(stage -> stage);
  }

  private CompletionStage<List<Lease>> took(
      List<String> asked, int at, int look, QueueStore.Leased leased) {
    if (!keep(leased.leases())) {
      return CompletableFuture.completedFuture(List.of());
    }
    if (leased.more() && leased.leases().isEmpty() && look < MOST_LOOKS) {
      // All that was looked at is held back by limits.
      return ask(asked, at, look + 1);
    }
    // More, and yet fewer than asked for: they are so long that this is enough.
    boolean full = taken.size() == most || leased.more() && !taken.isEmpty();
    return full || at + 1 == asked.size()
        ? CompletableFuture.completedFuture(List.copyOf(taken))
        : ask(asked, at + 1, 1);
  }

  /** A queue cannot be asked: what others have given is the answer all the same. */
  private CompletionStage<List<Lease>> withoutMore(Throwable failure) {
    return taken.isEmpty()
        ? CompletableFuture.failedFuture(failure)
        : CompletableFuture.completedFuture(List.copyOf(taken));
  }

  /** Takes tasks; gives them back and says false when the caller has gone. */
  private boolean keep(List<Lease> leases) {
    synchronized (this) {
      if (!ended) {
        taken.addAll(leases);
        return true;
      }
    }
    queues.giveBack(call.scope(), leases);
    return false;
  }

  private void abandonAtOnce() {
    synchronized (this) {
      ended = true;
    }
    queues.giveBack(call.scope(), taken);
  }

  /** Waits for a first task. */
  CompletionStage<List<Lease>> within(long waitMillis) {
    end =
        queues
            .scripts()
            .redis()
            .timer()
            .newTimeout(t -> waited(), patience(waitMillis), TimeUnit.MILLISECONDS);
    call.waits(true);
    call.onCancel(this::abandon);
    call.onDrain(() -> end(ApiException.shuttingDown()));
    fetcher
        .open()
        .whenComplete(
            (heard, failure) -> {
              if (failure != null) {
                end(failure);
              } else {
                fetcher.fetch();
              }
            });
    return outcome.whenComplete((leases, failure) -> call.waits(false));
  }

  private long patience(long waitMillis) {
    if (call.scope().deadline() == null) {
      return waitMillis;
    }
    long left = call.scope().deadline().timeRemaining(TimeUnit.MILLISECONDS);
    return Math.max(1, Math.min(waitMillis, left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10)));
  }

  /** Nothing to lease is an answer of the queues: they are asked first, however short the wait. */
  private void waited() {
    synchronized (this) {
      late = true;
      if (unasked > 0) {
        return;
      }
    }
    end(null);
  }

  @Override
  public void answered(String queue) {
    synchronized (this) {
      unasked--;
      if (!late || unasked > 0) {
        return;
      }
    }
    end(null);
  }

  @Override
  public synchronized int wanted() {
    return ended ? 0 : most - taken.size();
  }

  @Override
  public void take(String queue, List<Lease> leases) {
    if (keep(leases)) {
      end(null);
    }
  }

  @Override
  public void cancel(String queue, String taskId) {
    // Its caller has the tasks only after this has ended, and hears of it by Extend.
  }

  @Override
  public void failed(Throwable failure) {
    end(failure);
  }

  private void abandon() {
    end(null);
    queues.giveBack(call.scope(), taken);
  }

  /** The first tasks are the answer, however few: the caller should not wait on. */
  private void end(Throwable failure) {
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
    }
    end.cancel();
    fetcher.end();
    if (failure != null && taken.isEmpty()) {
      outcome.completeExceptionally(failure);
    } else {
      outcome.complete(List.copyOf(taken));
    }
  }
}
