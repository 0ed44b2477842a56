// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import com.google.protobuf.util.Timestamps;
import dev.quoin.server.rpc.Streams;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.Waiting;
import java.util.function.Function;

/**
 * The events of a {@link Hold}: shared messages that a feature puts into its response.
 *
 * @param <R> type of the response
 */
public final class HoldEvents<R> {
  private final Function<Waiting, R> waiting;
  private final Function<Granted, R> granted;
  private final Function<Heartbeat, R> heartbeat;
  private final Function<Lost, R> lost;
  private final Function<Reconnect, R> reconnect;

  public HoldEvents(
      Function<Waiting, R> waiting,
      Function<Granted, R> granted,
      Function<Heartbeat, R> heartbeat,
      Function<Lost, R> lost,
      Function<Reconnect, R> reconnect) {
    this.waiting = waiting;
    this.granted = granted;
    this.heartbeat = heartbeat;
    this.lost = lost;
    this.reconnect = reconnect;
  }

  R waiting(long place) {
    return waiting.apply(Waiting.newBuilder().setPosition(place).build());
  }

  R granted(Grant grant) {
    return granted.apply(
        Granted.newBuilder()
            .setToken(grant.token())
            .setFence(grant.fence())
            .setExpireTime(Timestamps.fromMillis(grant.expireMillis()))
            .build());
  }

  /** The stream is alive and the lease ends then. */
  R heartbeat(long expireMillis) {
    return heartbeat.apply(Streams.lease(expireMillis));
  }

  R lost(LeaseLoss loss) {
    LostReason reason =
        switch (loss.cause()) {
          case EXPIRED -> LostReason.LOST_REASON_EXPIRED;
          case NOT_HELD -> LostReason.LOST_REASON_NOT_HELD;
          case REVOKED -> LostReason.LOST_REASON_REVOKED;
        };
    return lost.apply(
        Lost.newBuilder()
            .setReason(reason)
            .setExplanation(loss.revocation().explanation())
            .setActor(loss.revocation().actor())
            .build());
  }

  /** The server goes away; the token is empty while the caller was waiting. */
  R reconnect(String token) {
    return reconnect.apply(Streams.draining().toBuilder().setToken(token).build());
  }
}
