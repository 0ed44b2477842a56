// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.BudgetStatus;
import java.nio.ByteBuffer;

/** Money of an ad or a campaign, as lua/ads/_money.lua keeps it. */
record Money(boolean even, long dayUsed, long used, long allowance, long closedMillis) {
  private static final long NEVER = 1L << 53;

  /** Null for nothing. */
  static Money parse(byte[] packed) {
    if (packed.length == 0) {
      return null;
    }
    ByteBuffer in = ByteBuffer.wrap(packed);
    in.getDouble();
    in.getDouble();
    boolean even = in.getDouble() == 1;
    in.getDouble();
    in.getDouble();
    long dayUsed = (long) in.getDouble();
    long used = (long) in.getDouble();
    in.getDouble();
    return new Money(even, dayUsed, used, (long) in.getDouble(), (long) in.getDouble());
  }

  /**
   * How a budget stands.
   *
   * @param packed the budget as it was set
   * @param now ms by the clock of Redis
   */
  BudgetStatus status(byte[] packed, long now) {
    Budget budget = budget(packed);
    BudgetStatus.Builder status =
        BudgetStatus.newBuilder().setBudget(budget).setUsedTodayMicros(dayUsed).setUsedMicros(used);
    if (budget.hasDailyMicros()) {
      status.setAllowanceMicros(even ? allowance : budget.getDailyMicros());
    }
    if (closedMillis > now && closedMillis < NEVER) {
      status.setNextTopUpTime(Timestamps.fromMillis(closedMillis));
    }
    return status.build();
  }

  static Budget budget(byte[] packed) {
    try {
      return Budget.parseFrom(packed);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }
}
