// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.DeleteRequest;
import dev.quoin.counters.v1.DeleteResponse;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementRequest;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Counters: time series of what happens, at several precisions at once.
 *
 * <p>{@link #increment} counts one thing and tells that it is counted. {@link #recorder} counts in
 * this process and sends the sums: use it where things happen often. A name is 1 to 256 bytes
 * without control characters. Methods that end in {@code Async} do not wait for the answer; the
 * others throw what those futures fail with, always a {@link QuoinException}.
 */
public final class Counters {
  private final Link link;

  Counters(Link link) {
    this.link = link;
  }

  /**
   * Adds to a counter, exactly once also when the call has to be repeated.
   *
   * @throws InvalidRequestException when the name is not allowed
   * @throws QuoinException with COUNTER_OVERFLOW when a count would leave the range of 64-bit
   *     numbers
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public void increment(String name, long delta) {
    Futures.await(incrementAsync(name, delta));
  }

  /** Like {@link #increment}, without waiting for the answer. */
  public CompletableFuture<Void> incrementAsync(String name, long delta) {
    IncrementRequest request = IncrementRequest.newBuilder().setName(name).setDelta(delta).build();
    return link.call(CountersGrpc.getIncrementMethod(), request).thenApply(counted -> null);
  }

  /**
   * The newest samples of a counter at a precision, oldest first, with zeros where nothing was
   * counted.
   *
   * @param precision one of those the server keeps: 1 s, 5 s, 1 min, 5 min, 1 h, 5 h, 1 day by
   *     default
   * @param last how many at most
   * @throws QuoinException with COUNTER_PRECISION_UNKNOWN when the server keeps no such precision
   */
  public List<CounterSample> get(String name, Duration precision, int last) {
    return Futures.await(getAsync(name, precision, last));
  }

  /** Like {@link #get}, without waiting for the answer. */
  public CompletableFuture<List<CounterSample>> getAsync(
      String name, Duration precision, int last) {
    GetRequest request =
        GetRequest.newBuilder()
            .setName(name)
            .setPrecision(Protos.duration(precision))
            .setLast(last)
            .setZeroFill(true)
            .build();
    return link.call(CountersGrpc.getGetMethod(), request)
        .thenApply(response -> CounterSample.all(response.getSamplesList()));
  }

  /**
   * Watches a counter until the watch is closed, whatever happens to connections and servers.
   *
   * @param listener told the slice that ended last and the one that is open, at once and after
   *     every change; a new state replaces one that was not told yet. It may block
   */
  public CounterWatch watch(
      String name, Duration precision, Consumer<List<CounterSample>> listener) {
    return new CounterWatch(link, name, precision, listener).start();
  }

  /** Forgets a counter; tells whether there was one. */
  public boolean delete(String name) {
    DeleteRequest request = DeleteRequest.newBuilder().setName(name).build();
    return Futures.await(
        link.call(CountersGrpc.getDeleteMethod(), request).thenApply(DeleteResponse::getDeleted));
  }

  /** Counts in this process and sends the sums every second. */
  public CounterRecorder recorder() {
    return recorder(Duration.ofSeconds(1));
  }

  /** Counts in this process and sends the sums once in a period. */
  public CounterRecorder recorder(Duration period) {
    return new CounterRecorder(link, period).start();
  }
}
