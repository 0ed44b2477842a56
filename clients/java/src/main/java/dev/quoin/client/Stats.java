// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.stats.v1.GetRequest;
import dev.quoin.stats.v1.SlowestRequest;
import dev.quoin.stats.v1.StatsGrpc;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Stats: figures of measured values per kind, context and hour.
 *
 * <p>{@link #recorder} records: single values, times, and every RPC of a channel or server. Methods
 * that end in {@code Async} do not wait for the answer; the others throw what those futures fail
 * with, always a {@link QuoinException}.
 */
public final class Stats {
  private final Link link;

  Stats(Link link) {
    this.link = link;
  }

  /**
   * The figures of a context.
   *
   * @param hoursAgo 0 for the current hour, 1 for the one before, up to 24
   */
  public StatsFigures get(String kind, String context, int hoursAgo) {
    return Futures.await(getAsync(kind, context, hoursAgo));
  }

  /** Like {@link #get}, without waiting for the answer. */
  public CompletableFuture<StatsFigures> getAsync(String kind, String context, int hoursAgo) {
    GetRequest request =
        GetRequest.newBuilder().setKind(kind).setContext(context).setHoursAgo(hoursAgo).build();
    return link.call(StatsGrpc.getGetMethod(), request).thenApply(StatsFigures::of);
  }

  /**
   * The contexts of a kind with the highest means, highest first.
   *
   * @param hoursAgo 0 for the current hour, 1 for the one before, up to 24
   * @param limit how many at most, up to 100
   */
  public Map<String, Double> slowest(String kind, int hoursAgo, int limit) {
    SlowestRequest request =
        SlowestRequest.newBuilder().setKind(kind).setHoursAgo(hoursAgo).setLimit(limit).build();
    return Futures.await(
        link.call(StatsGrpc.getSlowestMethod(), request)
            .thenApply(
                response -> {
                  Map<String, Double> means = new LinkedHashMap<>();
                  response
                      .getSlowestList()
                      .forEach(slow -> means.put(slow.getContext(), slow.getMean()));
                  return means;
                }));
  }

  /** Collects values in this process and sends them every second. */
  public StatsRecorder recorder() {
    return recorder(Duration.ofSeconds(1));
  }

  /** Collects values in this process and sends them once in a period. */
  public StatsRecorder recorder(Duration period) {
    return new StatsRecorder(link, period).start();
  }
}
