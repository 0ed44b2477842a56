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
 * <p>A name is listed for two minutes longer than the use that was recorded; so what is used all
 * the time is always listed, and who reads the list has to look what is in use.
 */
public final class ActiveNames {
  private static final long AGAIN_MILLIS = 60_000;
  private static final long SLACK_MILLIS = 2 * AGAIN_MILLIS;
  private static final long DELAY_MILLIS = 1_000;
  private static final int MOST_PENDING = 50_000;
  private static final int MOST_KNOWN = 100_000;
  private static final int MOST_AT_ONCE = 500;

  private final NameIndex index;
  private final Timer timer;
  private final Map<String, Use> pending = new ConcurrentHashMap<>();
  private volatile Known known = new Known();
  private boolean waiting;
  private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);

  /** A use that is to be recorded. */
  private record Use(RequestContext scope, String name, long millis) {}

  /** For how long names were recorded since a moment, by namespace and name. */
  private static final class Known {
    final long begin = System.nanoTime();
    final Map<String, Long> names = new ConcurrentHashMap<>();

    boolean has(String key, long wanted) {
      Long millis = names.get(key);
      return millis != null && millis >= wanted;
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
    if (!current().has(key(scope, name), millis) && pending.size() < MOST_PENDING) {
      pending.put(id, new Use(scope.detached(), name, millis));
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
    Map<String, RequestContext> scopes = new HashMap<>();
    Map<String, Map<String, Long>> names = new HashMap<>();
    for (Map.Entry<String, Use> entry : pending.entrySet()) {
      Use use = entry.getValue();
      if (pending.remove(entry.getKey(), use)
          && !known.has(key(use.scope(), use.name()), use.millis())) {
        scopes.putIfAbsent(use.scope().namespace(), use.scope());
        names
            .computeIfAbsent(use.scope().namespace(), namespace -> new HashMap<>())
            .merge(use.name(), use.millis(), Math::max);
      }
    }
    List<CompletableFuture<?>> steps = new ArrayList<>(List.of(underWay));
    names.forEach((namespace, some) -> steps.addAll(send(scopes.get(namespace), some)));
    underWay = CompletableFuture.allOf(steps.toArray(CompletableFuture[]::new));
    return underWay;
  }

  private List<CompletableFuture<?>> send(RequestContext scope, Map<String, Long> names) {
    List<CompletableFuture<?>> steps = new ArrayList<>();
    Map<String, Long> batch = new HashMap<>();
    for (Map.Entry<String, Long> name : names.entrySet()) {
      batch.put(name.getKey(), name.getValue());
      if (batch.size() == MOST_AT_ONCE) {
        steps.add(sendBatch(scope, batch));
        batch = new HashMap<>();
      }
    }
    if (!batch.isEmpty()) {
      steps.add(sendBatch(scope, batch));
    }
    return steps;
  }

  private CompletableFuture<?> sendBatch(RequestContext scope, Map<String, Long> batch) {
    Map<String, Long> until = new HashMap<>();
    batch.forEach((name, millis) -> until.put(name, millis + SLACK_MILLIS));
    Known now = current();
    return index
        .list(scope, until)
        .handle(
            (done, failure) -> {
              batch.forEach(
                  (name, millis) -> {
                    if (failure == null) {
                      now.names.merge(key(scope, name), millis, Math::max);
                    } else {
                      record(scope, name, key(scope, name), millis);
                    }
                  });
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
