// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.protobuf.util.Timestamps;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.HoldEvents;
import dev.quoin.server.waiting.LeaseLoss;

/** The messages of {@code Semaphores.Hold}. */
final class SemaphoreHoldEvents implements HoldEvents<HoldResponse> {
  @Override
  public HoldResponse waiting(long place) {
    return HoldResponse.newBuilder().setWaiting(Waiting.newBuilder().setPosition(place)).build();
  }

  @Override
  public HoldResponse granted(Grant grant) {
    return HoldResponse.newBuilder()
        .setGranted(
            Granted.newBuilder()
                .setToken(grant.token())
                .setFence(grant.fence())
                .setExpireTime(Timestamps.fromMillis(grant.expireMillis())))
        .build();
  }

  @Override
  public HoldResponse heartbeat(long expireMillis) {
    return HoldResponse.newBuilder().setHeartbeat(Streams.lease(expireMillis)).build();
  }

  @Override
  public HoldResponse lost(LeaseLoss loss) {
    Lost.Reason reason =
        switch (loss.cause()) {
          case EXPIRED -> LostReason.LOST_REASON_EXPIRED;
          case NOT_HELD -> LostReason.LOST_REASON_NOT_HELD;
          case REVOKED -> LostReason.LOST_REASON_REVOKED;
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
        .setReconnect(Streams.draining().toBuilder().setToken(token))
        .build();
  }
}
