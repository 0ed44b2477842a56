// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How much is under way at once. */
final class ThrottleTest {
  private final Throttle throttle = new Throttle(2);

  @Test
  void noMoreThanAllowedIsUnderWay() {
    List<CompletableFuture<String>> begun = new java.util.ArrayList<>();
    CompletableFuture<List<String>> all =
        throttle.each(
            List.of(1, 2, 3),
            number -> {
              begun.add(new CompletableFuture<>());
              return begun.get(begun.size() - 1);
            });

    assertThat(begun).hasSize(2);
    begun.get(1).complete("second");
    assertThat(begun).hasSize(3);
    begun.get(2).complete("third");
    assertThat(all).isNotDone();
    begun.get(0).complete("first");
    assertThat(all).isCompletedWithValue(List.of("first", "second", "third"));
  }

  @Test
  void whatEndsAsItBeginsDoesNotFillTheStack() {
    CompletableFuture<Void> first = new CompletableFuture<>();
    throttle.each(List.of(1, 2), number -> first);
    AtomicInteger done = new AtomicInteger();
    CompletableFuture<List<Integer>> rest =
        throttle.each(
            IntStream.range(0, 100_000).boxed().toList(),
            number -> CompletableFuture.completedFuture(done.incrementAndGet()));

    assertThat(done).hasValue(0);
    first.complete(null);

    assertThat(done).hasValue(100_000);
    assertThat(rest).isCompleted();
  }

  @Test
  void whatFailsEndsToo() {
    CompletableFuture<List<Object>> all =
        throttle.each(
            List.of(1, 2, 3, 4),
            number -> {
              throw new IllegalArgumentException("no " + number);
            });

    assertThat(all).isCompletedExceptionally();
    assertThat(throttle.each(List.of(1), CompletableFuture::completedFuture))
        .isCompletedWithValue(List.of(1));
  }
}
