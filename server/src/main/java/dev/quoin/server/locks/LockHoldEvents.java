// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.HoldResponse.Lost;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.HoldEvents;
import dev.quoin.server.waiting.LeaseLoss;

/** The messages of {@code Locks.Hold}. */
final class LockHoldEvents implements HoldEvents<HoldResponse> {
  @Override
  public HoldResponse waiting(long place) {
    return HoldResponse.newBuilder()
        .setWaiting(HoldResponse.Waiting.newBuilder().setPosition(place))
        .build();
  }

  @Override
  public HoldResponse granted(Grant grant) {
    return HoldResponse.newBuilder()
        .setGranted(
            HoldResponse.Granted.newBuilder()
                .setToken(grant.token())
                .setFence(grant.fence())
                .setExpireTime(Timestamps.fromMillis(grant.expireMillis())))
        .build();
  }

  @Override
  public HoldResponse heartbeat(long expireMillis) {
    return HoldResponse.newBuilder()
        .setHeartbeat(
            HoldResponse.Heartbeat.newBuilder().setExpireTime(Timestamps.fromMillis(expireMillis)))
        .build();
  }

  @Override
  public HoldResponse lost(LeaseLoss loss) {
    Lost.Reason reason =
        switch (loss.cause()) {
          case EXPIRED -> Lost.Reason.REASON_EXPIRED;
          case NOT_HELD -> Lost.Reason.REASON_NOT_HELD;
          case REVOKED -> Lost.Reason.REASON_FORCED;
        };
    return HoldResponse.newBuilder()
        .setLost(
            Lost.newBuilder()
                .setReason(reason)
                .setExplanation(loss.revocation().explanation())
                .setActor(loss.revocation().actor()))
        .build();
  }

  @Override
  public HoldResponse reconnect(String token) {
    return HoldResponse.newBuilder()
        .setReconnect(HoldResponse.Reconnect.newBuilder().setToken(token))
        .build();
  }
}
