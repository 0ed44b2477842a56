// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.util.Timestamps;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.ReconnectReason;

/** Messages that the streams of several services share. */
public final class Streams {
  private static final Reconnect DRAINING =
      Reconnect.newBuilder().setReason(ReconnectReason.RECONNECT_REASON_DRAINING).build();

  private Streams() {}

  /** A log stream is alive and resumes from here. */
  public static Heartbeat alive(String cursor) {
    return Heartbeat.newBuilder().setCursor(cursor).build();
  }

  /** A stream that holds something is alive, and the lease ends then. */
  public static Heartbeat lease(long expireMillis) {
    return Heartbeat.newBuilder().setExpireTime(Timestamps.fromMillis(expireMillis)).build();
  }

  /** A watch is alive. */
  public static Heartbeat seen(long asOfMillis, boolean stale) {
    return Heartbeat.newBuilder()
        .setAsOf(Timestamps.fromMillis(asOfMillis))
        .setStale(stale)
        .build();
  }

  /** The server drains. */
  public static Reconnect draining() {
    return DRAINING;
  }

  public static Reconnect reconnect(ReconnectReason reason, String cursor) {
    return Reconnect.newBuilder().setReason(reason).setCursor(cursor).build();
  }
}
