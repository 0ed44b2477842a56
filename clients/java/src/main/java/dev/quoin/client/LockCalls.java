// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.RenewRequest;
import io.grpc.ClientCall;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Logger;

/** The calls that keep a lock. */
record LockCalls(Link link, String name, Duration lease, String holder, boolean shared)
    implements LeaseCalls {
  private static final Logger LOG = Logger.getLogger(LockCalls.class.getName());

  @Override
  public int permits() {
    return 1;
  }

  @Override
  public CompletableFuture<Instant> renew(String token, Duration within) {
    RenewRequest request =
        RenewRequest.newBuilder()
            .setName(name)
            .setToken(token)
            .setLease(Protos.duration(lease))
            .build();
    return link.call(LocksGrpc.getRenewMethod(), request, within)
        .thenApply(renewed -> Protos.instant(renewed.getExpireTime()));
  }

  @Override
  public CompletableFuture<?> release(String token, Duration within) {
    ReleaseRequest request = ReleaseRequest.newBuilder().setName(name).setToken(token).build();
    return link.call(LocksGrpc.getReleaseMethod(), request, within);
  }

  @Override
  public CompletableFuture<?> releaseRequest(String requestId, Duration within) {
    ReleaseRequest request =
        ReleaseRequest.newBuilder().setName(name).setAcquireRequestId(requestId).build();
    return link.call(LocksGrpc.getReleaseMethod(), request, within);
  }

  @Override
  public ClientCall<?, ?> hold(String token, HoldStream events) {
    HoldRequest request =
        HoldRequest.newBuilder()
            .setName(name)
            .setLease(Protos.duration(lease))
            .setHolder(holder)
            .setToken(token)
            .setMode(mode(shared))
            .build();
    return link.stream(
        LocksGrpc.getHoldMethod(), request, events.receiver(event -> tell(event, events)));
  }

  static Mode mode(boolean shared) {
    return shared ? Mode.MODE_SHARED : Mode.MODE_EXCLUSIVE;
  }

  private static void tell(HoldResponse event, HoldStream events) {
    switch (event.getEventCase()) {
      case WAITING -> events.waiting(event.getWaiting().getPosition());
      case GRANTED -> {
        HoldResponse.Granted granted = event.getGranted();
        events.granted(
            new Grant(
                granted.getToken(), granted.getFence(), Protos.instant(granted.getExpireTime())));
      }
      case HEARTBEAT -> {
        if (event.getHeartbeat().hasExpireTime()) {
          events.renewed(Protos.instant(event.getHeartbeat().getExpireTime()));
        }
      }
      case LOST -> events.lost(LostReason.of(event.getLost().getReason()));
      case RECONNECT -> events.reconnect(event.getReconnect().getToken());
      default -> LOG.fine("an event this version does not know");
    }
  }
}
