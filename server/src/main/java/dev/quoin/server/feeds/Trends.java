// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.quoin.feeds.v1.TrendInterval;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.tail.Tails;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The trends of the namespaces somebody asks for: they are counted until nobody did for a while.
 */
final class Trends {
  private static final long PAUSE_MILLIS = 20;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
  private static final long IDLE_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final long LOOK_SECONDS = 60;

  /** What a name costs to be counted and compared. */
  private static final long COST_OF_A_NAME = 4;

  private final FeedStore store;
  private final Tails tails;
  private final Timer timer;
  private final Workers workers;
  private final Map<String, Counted> counted = new ConcurrentHashMap<>();

  /** One namespace. */
  private static final class Counted {
    final TrendReader reader;
    final CompletionStage<Void> opened;

    /**
     * From when on everything was counted, in ms by the clock of Redis; -1 before that is known.
     */
    volatile long since = -1;

    volatile long used = System.nanoTime();

    Counted(TrendReader reader) {
      this.reader = reader;
      this.opened = reader.open();
    }
  }

  /**
   * What is asked for.
   *
   * @param count how many intervals
   * @param length of each, in minutes
   * @param most tags, mentions and links of each
   */
  record Question(int count, int length, int most) {
    private static final int MINUTE_SECONDS = 60;
    private static final int USUAL_MINUTES = 15;

    static Question of(Duration window, Duration interval, int most) {
      int minutes = minutes("window", window, USUAL_MINUTES);
      int length = minutes("interval", interval, minutes);
      if (minutes % length != 0) {
        throw InvalidRequest.of("interval", "must divide the window");
      }
      return new Question(minutes / length, length, most);
    }

    private static int minutes(String field, Duration given, int usual) {
      if (given.equals(Duration.getDefaultInstance())) {
        return usual;
      }
      long millis = Durations.toMillis(given);
      if (given.getNanos() != 0 || millis % TrendReader.MINUTE_MILLIS != 0) {
        throw InvalidRequest.of(field, "must be whole minutes");
      }
      return (int) (given.getSeconds() / MINUTE_SECONDS);
    }
  }

  /** What was posted, and whether something may be missing. */
  record Answer(List<TrendInterval> intervals, boolean partial) {}

  Trends(FeedStore store, Tails tails, Timer timer, Workers workers) {
    this.store = store;
    this.tails = tails;
    this.timer = timer;
    this.workers = workers;
  }

  /** Answers once the feed was read, or after two seconds with what was read by then. */
  CompletionStage<Answer> ask(RequestContext scope, Question question) {
    Counted of =
        counted.computeIfAbsent(
            scope.namespace(),
            namespace -> {
              closeWhenIdle(namespace);
              return new Counted(new TrendReader(store, tails, scope.detached()));
            });
    of.used = System.nanoTime();
    return of.opened
        .whenComplete((opened, failure) -> forgetFailed(scope.namespace(), of, failure))
        .thenCompose(opened -> caughtUp(of.reader, System.nanoTime() + PATIENCE_NANOS))
        .thenCompose(
            whole ->
                now(scope)
                    .thenCompose(
                        millis ->
                            workers.compute(
                                scope,
                                COST_OF_A_NAME * of.reader.names(),
                                () -> answer(of, question, millis, whole))));
  }

  private void forgetFailed(String namespace, Counted of, Throwable failure) {
    if (failure != null || of.reader.failure() != null) {
      counted.remove(namespace, of);
      of.reader.close();
    }
  }

  private Answer answer(Counted of, Question question, long nowMillis, boolean whole) {
    if (of.since < 0) {
      of.since = nowMillis - store.retention().toMillis();
    }
    long first =
        nowMillis / TrendReader.MINUTE_MILLIS + 1 - (long) question.count() * question.length();
    boolean isKept = first * TrendReader.MINUTE_MILLIS >= Math.max(of.since, of.reader.cutMillis());
    return new Answer(
        of.reader.intervals(first, question.count(), question.length(), question.most()),
        !whole || !isKept);
  }

  private CompletionStage<Long> now(RequestContext scope) {
    return store
        .scripts()
        .redis()
        .call(scope, commands -> commands.time(), late -> {})
        .thenApply(
            time -> Long.parseLong(new String(time.get(0), StandardCharsets.US_ASCII)) * 1_000);
  }

  private CompletionStage<Boolean> caughtUp(TrendReader reader, long end) {
    CompletableFuture<Boolean> done = new CompletableFuture<>();
    look(reader, end, done);
    return done;
  }

  private void look(TrendReader reader, long end, CompletableFuture<Boolean> done) {
    if (reader.failure() != null) {
      done.completeExceptionally(reader.failure());
    } else if (reader.hasCaughtUp() || System.nanoTime() - end >= 0) {
      done.complete(reader.hasCaughtUp());
    } else {
      timer.newTimeout(t -> look(reader, end, done), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void closeWhenIdle(String namespace) {
    timer.newTimeout(
        t -> {
          Counted idle =
              counted.computeIfPresent(
                  namespace,
                  (name, of) -> {
                    if (System.nanoTime() - of.used < IDLE_NANOS) {
                      return of;
                    }
                    of.reader.close();
                    return null;
                  });
          if (idle != null) {
            closeWhenIdle(namespace);
          }
        },
        LOOK_SECONDS,
        TimeUnit.SECONDS);
  }
}
