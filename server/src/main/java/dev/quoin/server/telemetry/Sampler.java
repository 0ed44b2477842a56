// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import io.netty.util.Timer;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Asks Redis, in the background, about things that this server used lately, one after the other.
 * However many there are, at most {@value #MOST} are asked for each {@value #PERIOD_SECONDS}
 * seconds: those used last. What is no longer used is forgotten after an hour.
 *
 * @param <T> what is known of one
 */
public final class Sampler<T> {
  static final int MOST = 200;
  static final int PERIOD_SECONDS = 15;
  private static final Logger LOG = Logger.getLogger(Sampler.class.getName());
  private static final int MOST_REMEMBERED = 10 * MOST;
  private static final long KEPT_NANOS = TimeUnit.HOURS.toNanos(1);

  private final Timer timer;
  private final BiFunction<String, String, CompletionStage<T>> ask;
  private final boolean isOn;
  private final Map<Thing, Long> used = new ConcurrentHashMap<>();
  private volatile Map<Thing, T> known = Map.of();

  /** A thing of a namespace. */
  public record Thing(String namespace, String name) {}

  /**
   * @param isOn whether anybody wants to know
   * @param ask takes namespace and name
   */
  public Sampler(Timer timer, boolean isOn, BiFunction<String, String, CompletionStage<T>> ask) {
    this.timer = timer;
    this.isOn = isOn;
    this.ask = ask;
    if (isOn) {
      later();
    }
  }

  /** A thing is used now. */
  public void use(String namespace, String name) {
    if (!isOn) {
      return;
    }
    Thing thing = new Thing(namespace, name);
    if (used.size() < MOST_REMEMBERED || used.containsKey(thing)) {
      used.put(thing, System.nanoTime());
    }
  }

  /** What was known of each when it was last asked for. */
  public Map<Thing, T> known() {
    return known;
  }

  /** Asks now; done when all have answered. */
  public CompletionStage<Void> runNow() {
    Map<Thing, T> found = new HashMap<>();
    return next(newest().iterator(), found).thenRun(() -> known = Map.copyOf(found));
  }

  private CompletionStage<Void> next(Iterator<Thing> left, Map<Thing, T> found) {
    if (!left.hasNext()) {
      return CompletableFuture.completedFuture(null);
    }
    Thing thing = left.next();
    return ask.apply(thing.namespace(), thing.name())
        .thenCompose(
            value -> {
              if (value != null) {
                found.put(thing, value);
              }
              return next(left, found);
            });
  }

  private List<Thing> newest() {
    long now = System.nanoTime();
    used.values().removeIf(at -> now - at > KEPT_NANOS);
    List<Thing> newest =
        used.entrySet().stream()
            .sorted(Comparator.comparingLong(entry -> now - entry.getValue()))
            .limit(MOST)
            .map(Map.Entry::getKey)
            .toList();
    if (used.size() >= MOST_REMEMBERED) {
      used.keySet().retainAll(newest);
    }
    return newest;
  }

  private void later() {
    timer.newTimeout(
        t ->
            runNow()
                .whenComplete(
                    (done, failure) -> {
                      if (failure != null) {
                        LOG.log(Level.FINE, "asks again later", failure);
                      }
                      later();
                    }),
        PERIOD_SECONDS,
        TimeUnit.SECONDS);
  }
}
