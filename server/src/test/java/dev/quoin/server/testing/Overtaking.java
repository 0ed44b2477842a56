// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Whether calls that take long keep others waiting. */
public final class Overtaking {
  private static final int CALLS = 60;

  private Overtaking() {}

  /**
   * Makes many calls that take long and then a short one over the same connection, which has to be
   * answered before them. Of the long ones some may be refused because they are too many.
   */
  public static void assertOvertaken(Supplier<ListenableFuture<?>> longCall, Runnable shortCall)
      throws InterruptedException {
    List<ListenableFuture<?>> all =
        IntStream.range(0, CALLS).<ListenableFuture<?>>mapToObj(i -> longCall.get()).toList();
    shortCall.run();
    long open = all.stream().filter(one -> !one.isDone()).count();
    assertThat(open).as("long calls that the short one has overtaken").isPositive();
    int answered = 0;
    for (ListenableFuture<?> one : all) {
      try {
        one.get();
        answered++;
      } catch (ExecutionException e) {
        assertThat(Refused.of(e.getCause()).reason()).isEqualTo("OVERLOADED");
      }
    }
    assertThat(answered).isPositive();
  }
}
