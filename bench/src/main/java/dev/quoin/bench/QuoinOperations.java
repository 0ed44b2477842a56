// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.LocksGrpc.LocksStub;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.ReleaseRequest;
import io.grpc.Channel;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.health.v1.HealthGrpc.HealthStub;
import java.util.function.Consumer;

/** What workers ask of the Quoin server. */
final class QuoinOperations {
  /** A lock that many hold together, or wait for. */
  static final String SCALE = "scale";

  /** So many locks a worker that the lease of one has run out before its turn comes again. */
  private static final int LOCKS = 1024;

  private static final Duration INSTANT = Duration.newBuilder().setNanos(1_000_000).build();
  private static final Duration SHORTEST = Duration.newBuilder().setNanos(100_000_000).build();
  private static final Duration WAIT = Duration.newBuilder().setSeconds(30).build();

  private QuoinOperations() {}

  /** A call that needs nothing of Redis. */
  static Operation nothing(Channel channel, int worker) {
    HealthStub health = HealthGrpc.newStub(channel);
    HealthCheckRequest request = HealthCheckRequest.getDefaultInstance();
    return done -> health.check(request, GrpcWorkload.answer(done, response -> done.ok()));
  }

  /** Takes one lock after another and lets their leases run out. */
  static Operation acquire(Channel channel, int worker) {
    LocksStub locks = LocksGrpc.newStub(channel);
    return new Operation() {
      private long next;

      @Override
      public void start(Done done) {
        AcquireRequest request =
            AcquireRequest.newBuilder()
                .setName("acquire-" + worker + '-' + next++ % LOCKS)
                .setLease(SHORTEST)
                .build();
        acquire(locks, request, done, response -> done.ok());
      }
    };
  }

  /** Takes and gives back a lock that only this worker uses. */
  static Operation pair(Channel channel, int worker) {
    return pair(channel, AcquireRequest.newBuilder().setName("pair-" + worker).build());
  }

  /** Takes and gives back a lock that all workers want. */
  static Operation handOver(Channel channel, int worker) {
    return pair(channel, AcquireRequest.newBuilder().setName("hand-over").setWait(WAIT).build());
  }

  /** Takes and gives back a share of a lock that many read under. */
  static Operation amongReaders(Channel channel, int worker) {
    return pair(
        channel, AcquireRequest.newBuilder().setName(SCALE).setMode(Mode.MODE_SHARED).build());
  }

  /** Joins the end of a line for a millisecond and leaves it. */
  static Operation amongWaiters(Channel channel, int worker) {
    LocksStub locks = LocksGrpc.newStub(channel);
    AcquireRequest request = AcquireRequest.newBuilder().setName(SCALE).setWait(INSTANT).build();
    return done ->
        locks.acquire(
            request,
            GrpcWorkload.answer(
                done,
                response -> {
                  if (response.getAcquired()) {
                    done.failed(new IllegalStateException("the lock was to be held"));
                  } else {
                    done.ok();
                  }
                }));
  }

  private static Operation pair(Channel channel, AcquireRequest request) {
    LocksStub locks = LocksGrpc.newStub(channel);
    return done ->
        acquire(
            locks,
            request,
            done,
            response ->
                locks.release(
                    ReleaseRequest.newBuilder()
                        .setName(request.getName())
                        .setToken(response.getToken())
                        .build(),
                    GrpcWorkload.answer(done, released -> done.ok())));
  }

  private static void acquire(
      LocksStub locks,
      AcquireRequest request,
      Operation.Done done,
      Consumer<AcquireResponse> granted) {
    locks.acquire(
        request,
        GrpcWorkload.answer(
            done,
            response -> {
              if (response.getAcquired()) {
                granted.accept(response);
              } else {
                done.failed(new IllegalStateException(request.getName() + " was not granted"));
              }
            }));
  }
}
