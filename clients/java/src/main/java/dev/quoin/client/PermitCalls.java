// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.RenewRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import io.grpc.ClientCall;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Logger;

/** The calls that keep permits. */
record PermitCalls(Link link, String name, PermitOptions options) implements LeaseCalls {
  private static final Logger LOG = Logger.getLogger(PermitCalls.class.getName());

  @Override
  public Duration lease() {
    return options.lease();
  }

  @Override
  public int permits() {
    return options.permits();
  }

  @Override
  public CompletableFuture<Instant> renew(String token, Duration within) {
    RenewRequest request =
        RenewRequest.newBuilder()
            .setName(name)
            .setToken(token)
            .setLease(Protos.duration(options.lease()))
            .build();
    return link.call(SemaphoresGrpc.getRenewMethod(), request, within)
        .thenApply(renewed -> Protos.instant(renewed.getExpireTime()));
  }

  @Override
  public CompletableFuture<?> release(String token, Duration within) {
    ReleaseRequest request = ReleaseRequest.newBuilder().setName(name).setToken(token).build();
    return link.call(SemaphoresGrpc.getReleaseMethod(), request, within);
  }

  @Override
  public CompletableFuture<?> releaseRequest(String requestId, Duration within) {
    ReleaseRequest request =
        ReleaseRequest.newBuilder().setName(name).setAcquireRequestId(requestId).build();
    return link.call(SemaphoresGrpc.getReleaseMethod(), request, within);
  }

  @Override
  public ClientCall<?, ?> hold(String token, HoldStream events) {
    HoldRequest request =
        HoldRequest.newBuilder()
            .setName(name)
            .setPermits(options.permits())
            .setLease(Protos.duration(options.lease()))
            .setHolder(options.holder())
            .setLimit(options.limit())
            .setToken(token)
            .build();
    return link.stream(
        SemaphoresGrpc.getHoldMethod(), request, events.receiver(event -> tell(event, events)));
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
      case LOST -> events.lost(reason(event.getLost()));
      case RECONNECT -> events.reconnect(event.getReconnect().getToken());
      default -> LOG.fine("an event this version does not know");
    }
  }

  private static LostReason reason(HoldResponse.Lost lost) {
    return switch (lost.getReason()) {
      case REASON_EXPIRED -> LostReason.EXPIRED;
      case REASON_REVOKED -> LostReason.REVOKED;
      default -> LostReason.NOT_HELD;
    };
  }
}
