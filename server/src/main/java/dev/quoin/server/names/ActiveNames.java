// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The names of things that are held by leases, so that they can be listed. Using a thing costs no
 * step for its name: names are recorded together, a second later and once a minute, and not at all
 * when the use is over by then. A list of this server's knows them at once.
 *
 * <p>A name is listed for at least two minutes longer than the use that was recorded; so what is
 * used all the time is always listed, and who reads the list has to look what is in use.
 */
public final class ActiveNames {
  private static final long MINUTE_MILLIS = 60_000;
  private static final long AGAIN_MILLIS = MINUTE_MILLIS;
  private static final long SLACK_MILLIS = 2 * AGAIN_MILLIS;
  private static final long DELAY_MILLIS = 1_000;
  private static final int MOST_PENDING = 50_000;
  private static final int MOST_KNOWN = 100_000;
  private final NameIndex index;
  private final Timer timer;
  private final Map<String, Use> pending = new ConcurrentHashMap<>();
  private volatile Known known = new Known();
  private boolean waiting;
  private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);

  /**
   * A use that is to be recorded.
   *
   * @param minutes how long the name is to be listed: whole ones, so that many are recorded in one
   *     step
   */
  private record Use(String namespace, String name, String key, long minutes) {}

  /** Uses that are recorded in one step. */
  private record Together(String namespace, long minutes) {}

  /** For how many minutes names were recorded since a moment, by namespace and name. */
  private static final class Known {
    final long begin = System.nanoTime();
    final Map<String, Long> names = new ConcurrentHashMap<>();

    boolean has(String key, long wanted) {
      Long minutes = names.get(key);
      return minutes != null && minutes >= wanted;
    }
  }

  public ActiveNames(Scripts scripts, Keyspace keyspace, Timer timer) {
    this.index = new NameIndex(scripts, keyspace, Duration.ofMillis(SLACK_MILLIS));
    this.timer = timer;
  }

  /**
   * Records before long that a name is in use.
   *
   * @param id of the use, by which it can be ended
   * @param millis how long the use lasts unless it is recorded again
   */
  public void record(RequestContext scope, String name, String id, long millis) {
    String key = key(scope, name);
    long minutes = (millis + SLACK_MILLIS + MINUTE_MILLIS - 1) / MINUTE_MILLIS;
    if (!current().has(key, minutes)) {
      await(id, new Use(scope.namespace(), name, key, minutes));
    }
  }

  private void await(String id, Use use) {
    if (pending.size() < MOST_PENDING) {
      pending.put(id, use);
      flushSoon();
    }
  }

  /** A use is over: its name need not be recorded any more. */
  public void end(String id) {
    if (!pending.isEmpty()) {
      pending.remove(id);
    }
  }

  /** Lists a name until it is forgotten. */
  public CompletionStage<Void> keep(RequestContext scope, String name) {
    return index.addForEver(scope, name);
  }

  public CompletionStage<Void> forget(RequestContext scope, String name) {
    known.names.remove(key(scope, name));
    return index.forget(scope, name);
  }

  /**
   * The names that begin with a prefix, in byte order, from where a page token says; those that
   * this server has seen used are among them.
   */
  public CompletionStage<NameIndex.Page> list(
      RequestContext scope, String prefix, int pageSize, String pageToken) {
    return flush().thenCompose(done -> index.list(scope, prefix, pageSize, pageToken));
  }

  private static String key(RequestContext scope, String name) {
    return scope.namespace() + ' ' + name;
  }

  private void flushSoon() {
    synchronized (this) {
      if (waiting) {
        return;
      }
      waiting = true;
    }
    timer.newTimeout(t -> flush(), DELAY_MILLIS, TimeUnit.MILLISECONDS);
  }

  /**
   * Records what is to be recorded. Returns when that is done, or has failed and will be tried
   * again.
   */
  private synchronized CompletionStage<Void> flush() {
    waiting = false;
    Map<String, Use> uses = new HashMap<>();
    pending.forEach(
        (id, use) -> {
          if (pending.remove(id, use) && !known.has(use.key(), use.minutes())) {
            uses.merge(use.key(), use, (a, b) -> a.minutes() < b.minutes() ? b : a);
          }
        });
    Map<Together, List<Use>> batches = new HashMap<>();
    List<CompletableFuture<?>> steps = new ArrayList<>(List.of(underWay));
    for (Use use : uses.values()) {
      Together together = new Together(use.namespace(), use.minutes());
      List<Use> batch = batches.computeIfAbsent(together, t -> new ArrayList<>());
      batch.add(use);
      if (batch.size() == NameIndex.MOST_AT_ONCE) {
        steps.add(send(together, batches.remove(together)));
      }
    }
    batches.forEach((together, batch) -> steps.add(send(together, batch)));
    underWay = CompletableFuture.allOf(steps.toArray(CompletableFuture[]::new));
    return underWay;
  }

  private CompletableFuture<?> send(Together together, List<Use> batch) {
    Known now = current();
    RequestContext scope = new RequestContext(together.namespace(), null);
    return index
        .list(scope, batch.stream().map(Use::name).toList(), together.minutes() * MINUTE_MILLIS)
        .handle(
            (done, failure) -> {
              for (Use use : batch) {
                if (failure == null) {
                  now.names.merge(use.key(), use.minutes(), Math::max);
                } else {
                  await(use.key(), use);
                }
              }
              return null;
            })
        .toCompletableFuture();
  }

  private Known current() {
    Known now = known;
    if (System.nanoTime() - now.begin > TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS)
        || now.names.size() > MOST_KNOWN) {
      now = new Known();
      known = now;
    }
    return now;
  }
}
