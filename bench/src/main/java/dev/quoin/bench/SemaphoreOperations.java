// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresStub;
import io.grpc.Channel;

/** What workers ask of the semaphores of the Quoin server. */
final class SemaphoreOperations {
  /** A semaphore whose permits suffice for everybody. */
  static final String SCALE = "scale";

  static final int MANY = 1_000_000;

  private static final int FEW = 3;
  private static final Duration WAIT = Duration.newBuilder().setSeconds(30).build();
  private static final Duration INSTANT = Duration.newBuilder().setNanos(1_000_000).build();

  private SemaphoreOperations() {}

  /** Takes and gives back a permit of a semaphore that only this worker uses. */
  static Operation pair(Channel channel, int worker) {
    return pair(channel, ask("pair-" + worker, FEW).build());
  }

  /** Takes and gives back one of three permits that all workers want. */
  static Operation handOver(Channel channel, int worker) {
    return pair(channel, ask("hand-over", FEW).setWait(WAIT).build());
  }

  /** Takes and gives back a permit of a semaphore that many hold already. */
  static Operation amongHolders(Channel channel, int worker) {
    return pair(channel, ask(SCALE, MANY).build());
  }

  /** Joins the end of a line for a millisecond and leaves it. */
  static Operation amongWaiters(Channel channel, int worker) {
    SemaphoresStub semaphores = SemaphoresGrpc.newStub(channel);
    AcquireRequest request = ask(SCALE, 1).setWait(INSTANT).build();
    return done ->
        semaphores.acquire(
            request, GrpcWorkload.answer(done, response -> ended(done, !response.getAcquired())));
  }

  private static AcquireRequest.Builder ask(String name, int limit) {
    return AcquireRequest.newBuilder().setName(name).setLimit(limit);
  }

  private static Operation pair(Channel channel, AcquireRequest request) {
    SemaphoresStub semaphores = SemaphoresGrpc.newStub(channel);
    return done ->
        semaphores.acquire(
            request,
            GrpcWorkload.answer(
                done,
                response -> {
                  if (response.getAcquired()) {
                    release(semaphores, request.getName(), response, done);
                  } else {
                    ended(done, false);
                  }
                }));
  }

  private static void release(
      SemaphoresStub semaphores, String name, AcquireResponse granted, Operation.Done done) {
    ReleaseRequest request =
        ReleaseRequest.newBuilder().setName(name).setToken(granted.getToken()).build();
    semaphores.release(request, GrpcWorkload.answer(done, released -> done.ok()));
  }

  private static void ended(Operation.Done done, boolean asExpected) {
    if (asExpected) {
      done.ok();
    } else {
      done.failed(new IllegalStateException("the answer is not the expected one"));
    }
  }
}
