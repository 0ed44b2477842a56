// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.redis.Throttle;
import dev.quoin.server.waiting.Tokens;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Works outboxes off: entry by entry, each until it is done, by whoever has the key worker. The
 * server that wrote an entry begins at once. What a server leaves behind is found by {@link #sweep}
 * in the index of outboxes, in which they were noted before they were written.
 */
final class Outbox {
  static final long LEASE_MILLIS = 10_000;
  static final int MOST = 10_000;

  /** Who has posted as much as may wait can still delete. */
  static final int MOST_WITH_DELETIONS = 2 * MOST;

  private static final Logger LOG = Logger.getLogger(Outbox.class.getName());
  private static final LuaScript WORK = LuaScript.load("social/work");
  private static final LuaScript ENQUEUE = LuaScript.load("social/enqueue");
  private static final LuaScript LOOK = LuaScript.load("social/outbox_look");
  private static final LuaScript DUE = LuaScript.load("social/due");
  private static final LuaScript FAILED = LuaScript.load("social/failed");
  private static final LuaScript SETTLED = LuaScript.load("social/settled");
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);
  private static final int SWEPT_AT_ONCE = 200;
  private static final int AT_ONCE = 200;
  private static final int MOST_WAITING = 10_000;
  private static final int MOST_SWEPT_WAITING = 2 * SWEPT_AT_ONCE;

  /** About ten seconds lie between two failures of an entry. */
  private static final int MOST_FAILURES = 30;

  private static final int KEPT_ASIDE = 100;
  private static final int ATTEMPTS = 5;
  private static final long RETRY_MILLIS = 300;
  private static final long BRIEFLY_MILLIS = 500;

  private final Throttle drains = new Throttle(AT_ONCE);
  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Tickets tickets;
  private final Timer timer;
  private final WorkKeys index;
  private final LongAdder swept = new LongAdder();
  private Handler handler;

  /** Does what entries say. Doing it again must do no harm. */
  interface Handler {
    CompletionStage<?> handle(Task task);
  }

  Outbox(Scripts scripts, Keyspace keyspace, Tickets tickets, Timer timer) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.tickets = tickets;
    this.timer = timer;
    this.index = WorkKeys.of(keyspace);
  }

  /** Whatever something brings, it is only waited for. */
  static CompletionStage<Void> done(CompletionStage<?> stage) {
    return stage.thenAccept(result -> {});
  }

  void handler(Handler tasks) {
    this.handler = tasks;
  }

  /**
   * An entry that is being worked off.
   *
   * @param entry as it stands in the outbox
   * @param words the entry, of which the first is its kind
   * @param progress how far it was when it was begun before, or empty
   */
  record Task(
      Outbox outbox, Ref owner, String token, String entry, List<String> words, String progress) {
    String kind() {
      return words.get(0);
    }

    String word(int index) {
      return words.get(index);
    }

    /** Notes how far it is; fails when somebody else goes on with it by now. */
    CompletionStage<Void> save(String far) {
      return outbox
          .work(new Step(owner, token, false, entry, false), far)
          .thenAccept(
              next -> {
                if (!next.works()) {
                  throw ApiException.storeUnavailable("another server works for " + owner);
                }
              });
    }
  }

  private record Next(boolean works, String progress, List<String> entries) {}

  /**
   * What is to be noted of an outbox before it is read on.
   *
   * @param begins whether to begin when nobody works
   * @param held the entry in hand, empty for none
   * @param isDone whether that is done
   */
  private record Step(Ref owner, String token, boolean begins, String held, boolean isDone) {
    Step holding(String entry) {
      return new Step(owner, token, false, entry, false);
    }

    Step done() {
      return new Step(owner, token, false, held, true);
    }
  }

  private CompletionStage<Next> work(Step step, String far) {
    return scripts
        .run(
            WORK,
            step.owner().scope(),
            UserKeys.of(keyspace, step.owner()).keys("worker", "outbox", "progress"),
            step.token(),
            LEASE_MILLIS,
            step.begins() ? 1 : 0,
            step.held(),
            step.isDone() ? 1 : 0,
            far,
            1)
        .thenApply(
            reply -> {
              boolean works = reply.flag();
              String progress = reply.text();
              List<String> entries = new ArrayList<>();
              while (reply.hasMore()) {
                entries.add(reply.text());
              }
              return new Next(works, progress, entries);
            });
  }

  /**
   * Adds an entry, which is worked off from now on.
   *
   * @return once it is added
   */
  CompletionStage<Void> enqueue(Ref owner, String entry) {
    String token = Tokens.next();
    return tickets
        .note(owner)
        .thenCompose(
            noted ->
                scripts.run(
                    ENQUEUE,
                    owner.scope(),
                    UserKeys.of(keyspace, owner).keys("outbox", "worker"),
                    token,
                    LEASE_MILLIS,
                    entry))
        .thenAccept(
            reply -> {
              if (reply.flag()) {
                drain(owner, token);
              }
            });
  }

  /**
   * How far an entry is: -1 when it is done, otherwise how many timelines it has been brought to.
   */
  CompletionStage<Long> look(RequestContext scope, Ref owner, String entry) {
    UserKeys keys = UserKeys.of(keyspace, owner);
    return scripts
        .run(LOOK, scope, keys.keys("outbox", "progress"), entry)
        .thenApply(
            reply -> {
              boolean waits = reply.flag();
              return waits ? FanOut.delivered(reply.text()) : -1;
            });
  }

  /** Works an outbox off with a token that has the right to. Never fails. */
  CompletionStage<Void> drain(Ref owner, String token) {
    CompletableFuture<Void> drained = new CompletableFuture<>();
    boolean begins =
        drains.offer(
            MOST_WAITING,
            () ->
                run(new Step(owner, token, false, "", false), ATTEMPTS)
                    .thenAccept(worked -> drained.complete(null)));
    if (!begins) {
      // The sweep comes to it when the right to work has expired.
      drained.complete(null);
    }
    return drained;
  }

  /** As {@link #drain}; answers when that is done or, if it takes longer, after a while. */
  CompletionStage<Void> drainBriefly(Ref owner, String token) {
    CompletableFuture<Void> enough = new CompletableFuture<>();
    drain(owner, token).thenAccept(enough::complete);
    timer.newTimeout(t -> enough.complete(null), BRIEFLY_MILLIS, TimeUnit.MILLISECONDS);
    return enough;
  }

  /** Answers how many entries were worked off, -1 when somebody else does that. */
  private CompletionStage<Integer> run(Step first, int attempts) {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    run(first, attempts, 0, ended);
    return ended;
  }

  private void run(Step step, int attempts, int worked, CompletableFuture<Integer> ended) {
    work(step, "")
        .whenComplete(
            (next, failure) -> {
              if (failure != null) {
                again(step, attempts, worked, failure, ended);
              } else if (!next.works()) {
                ended.complete(-1);
              } else if (next.entries().isEmpty()) {
                ended.complete(worked);
              } else {
                handle(step.holding(next.entries().get(0)), next, attempts, worked, ended);
              }
            });
  }

  private void handle(
      Step step, Next next, int attempts, int worked, CompletableFuture<Integer> ended) {
    CompletionStage<?> handled;
    try {
      List<String> words = List.of(step.held().split(" "));
      handled =
          handler.handle(
              new Task(this, step.owner(), step.token(), step.held(), words, next.progress()));
    } catch (RuntimeException e) {
      handled = CompletableFuture.failedStage(e);
    }
    CompletableFuture<?> over = handled.toCompletableFuture();
    keep(step, over);
    over.whenComplete(
        (result, failure) -> {
          if (failure == null) {
            run(step.done(), ATTEMPTS, worked + 1, ended);
          } else {
            again(step, attempts, worked, failure, ended);
          }
        });
  }

  /** Keeps the right to work while an entry takes long. */
  private void keep(Step step, CompletableFuture<?> over) {
    if (over.isDone()) {
      return;
    }
    Timeout renewal =
        timer.newTimeout(
            t -> work(step, "").whenComplete((next, failure) -> keep(step, over)),
            LEASE_MILLIS / 3,
            TimeUnit.MILLISECONDS);
    over.whenComplete((result, failure) -> renewal.cancel());
  }

  private void again(
      Step step, int attempts, int worked, Throwable failure, CompletableFuture<Integer> ended) {
    if (attempts > 1 && ErrorMapper.isStoreAway(failure)) {
      timer.newTimeout(
          t -> run(step, attempts - 1, worked, ended), RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    if (ErrorMapper.isStoreAway(failure) || step.held().isEmpty()) {
      LOG.log(Level.FINE, failure, () -> "the outbox of " + step.owner() + " goes on later");
      ended.complete(worked);
      return;
    }
    LOG.log(
        Level.WARNING,
        failure,
        () -> "\"" + step.held() + "\" of the outbox of " + step.owner() + " is tried again later");
    failed(step)
        .whenComplete(
            (isAside, uncounted) -> {
              if (uncounted == null && isAside) {
                run(step.holding(""), ATTEMPTS, worked, ended);
              } else {
                ended.complete(worked);
              }
            });
  }

  /** An entry that cannot be done does not keep the others waiting for ever. */
  private CompletionStage<Boolean> failed(Step step) {
    return scripts
        .run(
            FAILED,
            step.owner().scope(),
            UserKeys.of(keyspace, step.owner()).keys("outbox", "failures", "aside", "progress"),
            step.held(),
            MOST_FAILURES,
            KEPT_ASIDE)
        .thenApply(
            reply -> {
              long failures = reply.integer();
              boolean isAside = reply.flag();
              if (isAside) {
                LOG.severe(
                    "\"%s\" of the outbox of %s failed %d times and is set aside: what it was to do is not done"
                        .formatted(step.held(), step.owner(), failures));
              }
              return isAside;
            });
  }

  /**
   * Begins to work off what was left behind, and does not wait until that is done. Answers how many
   * entries were since the last time.
   */
  CompletionStage<Integer> sweep() {
    return scripts
        .run(DUE, EVERYWHERE, new String[] {index.due()}, SWEPT_AT_ONCE)
        .thenApply(
            reply -> {
              while (reply.hasMore()) {
                Ref owner = Ref.parse(reply.text());
                drains.offer(MOST_SWEPT_WAITING, () -> look(owner));
              }
              return (int) swept.sumThenReset();
            });
  }

  private CompletionStage<?> look(Ref owner) {
    return run(new Step(owner, Tokens.next(), true, "", false), 1)
        .thenCompose(
            worked -> {
              swept.add(Math.max(0, worked));
              return worked == 0 ? settle(owner) : CompletableFuture.completedFuture(null);
            });
  }

  private CompletionStage<?> settle(Ref owner) {
    String[] keys = {index.due(), index.noted()};
    return scripts.run(SETTLED, EVERYWHERE, keys, owner.text()).exceptionally(failure -> null);
  }
}
