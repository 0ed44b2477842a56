// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.ads.v1.Budget;
import org.junit.jupiter.api.Test;

/** How a budget is told to stand. */
final class MoneyTest {
  private static final byte[] BUDGET = Budget.newBuilder().setDailyMicros(9).build().toByteArray();

  /** What was closed until a time is open after it, whether somebody has asked since or not. */
  @Test
  void topUpIsToldWhileItIsToCome() {
    Money closed = new Money(true, 9, 9, 9, 1_000);

    assertThat(closed.status(BUDGET, 999).getNextTopUpTime())
        .isEqualTo(Timestamps.fromMillis(1_000));
    assertThat(closed.status(BUDGET, 1_000).hasNextTopUpTime()).isFalse();
  }
}
