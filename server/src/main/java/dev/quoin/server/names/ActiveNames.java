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
  private final NameIndex index;
  private final Timer timer;
  private final Map<String, Use> pending = new ConcurrentHashMap<>();
  private final RecentNames recent = new RecentNames(AGAIN_MILLIS);
  private boolean waiting;
  private CompletableFuture<Void> underWay = CompletableFuture.completedFuture(null);

  /**
   * A use that is to be recorded.
   *
   * @param minutes how long the name is to be listed
   */
  private record Use(String namespace, String name, int minutes) {}

  /** Uses that are recorded in one step. */
  private record Together(String namespace, int minutes) {}

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
    int minutes = roundedMinutes(millis + SLACK_MILLIS);
    if (!recent.has(scope.namespace(), name, minutes)) {
      await(id, new Use(scope.namespace(), name, minutes));
    }
  }

  /** Up to a quarter longer, so that many names are listed equally long and recorded together. */
  private static int roundedMinutes(long millis) {
    int minutes = (int) Math.min((millis + MINUTE_MILLIS - 1) / MINUTE_MILLIS, RecentNames.MOST);
    int step = Math.max(1, Integer.highestOneBit(minutes) / 4);
    return Math.min((minutes + step - 1) / step * step, RecentNames.MOST);
  }

  private void await(String id, Use use) {
    if (pending.size() < MOST_PENDING) {
      pending.put(id, use);
      flushSoon();
    }
  }

  /** A use is over, as an answer says: its name need not be recorded any more. */
  public <T> T ended(String id, T answer) {
    if (!pending.isEmpty()) {
      pending.remove(id);
    }
    return answer;
  }

  /** Lists a name until it is forgotten. */
  public CompletionStage<Void> keep(RequestContext scope, String name) {
    return index.addForEver(scope, name);
  }

  public CompletionStage<Void> forget(RequestContext scope, String name) {
    recent.remove(scope.namespace(), name);
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
    Map<Together, List<String>> batches = new HashMap<>();
    List<CompletableFuture<?>> steps = new ArrayList<>(List.of(underWay));
    pending.forEach(
        (id, use) -> {
          if (pending.remove(id, use) && recent.add(use.namespace(), use.name(), use.minutes())) {
            Together together = new Together(use.namespace(), use.minutes());
            List<String> batch = batches.computeIfAbsent(together, t -> new ArrayList<>());
            batch.add(use.name());
            if (batch.size() == NameIndex.MOST_AT_ONCE) {
              steps.add(send(together, batches.remove(together)));
            }
          }
        });
    batches.forEach((together, batch) -> steps.add(send(together, batch)));
    underWay = CompletableFuture.allOf(steps.toArray(CompletableFuture[]::new));
    return underWay;
  }

  private CompletableFuture<?> send(Together together, List<String> names) {
    String namespace = together.namespace();
    return index
        .list(new RequestContext(namespace, null), names, together.minutes() * MINUTE_MILLIS)
        .exceptionally(
            failure -> {
              for (String name : names) {
                recent.remove(namespace, name);
                await(namespace + ' ' + name, new Use(namespace, name, together.minutes()));
              }
              return null;
            })
        .toCompletableFuture();
  }
}
