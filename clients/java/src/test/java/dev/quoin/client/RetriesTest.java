// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RetryInfo;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.ReleaseResponse;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RenewResponse;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is repeated, seen from a server that answers its first calls with UNAVAILABLE. */
class RetriesTest {
  private static final java.time.Duration SHORT = java.time.Duration.ofMillis(1500);
  private static final java.time.Duration LONG = java.time.Duration.ofSeconds(30);

  private final FlakyLocks flaky = new FlakyLocks();
  private Server server;
  private Quoin quoin;

  @BeforeEach
  void start() throws IOException {
    server = NettyServerBuilder.forPort(0).addService(flaky).build().start();
    quoin = Quoin.connect("localhost:" + server.getPort());
  }

  @AfterEach
  void stop() {
    quoin.close();
    server.shutdownNow();
  }

  @Test
  void acquireIsRepeatedWithTheSameRequestId() {
    assertThat(quoin.locks().tryAcquire("report", LONG)).isPresent();

    assertThat(flaky.requestIds).hasSize(2).containsOnly(flaky.requestIds.get(0));
    assertThat(flaky.requestIds.get(0)).hasSizeGreaterThan(15);
  }

  @Test
  void everyAcquireHasARequestIdOfItsOwn() {
    quoin.locks().tryAcquire("report", LONG);
    quoin.locks().tryAcquire("report", LONG);
    quoin.locks().tryAcquire("report", LONG);

    assertThat(Set.copyOf(flaky.requestIds)).hasSize(3);
  }

  @Test
  void aReleaseThatWasCarriedOutBeforeItsAnswerWasLostIsARelease() {
    LeaseHandle lock = quoin.locks().tryAcquire("report", LONG).orElseThrow();

    lock.close();

    assertThat(flaky.releases).hasSize(2);
  }

  @Test
  void aLeaseThatCannotBeRenewedInTimeIsLost() throws InterruptedException {
    quoin.locks().tryAcquire("another", LONG);
    LeaseHandle lock = quoin.locks().tryAcquire("report", SHORT).orElseThrow();
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    lock.onLost(losses::add);

    assertThat(losses.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_EXPIRED);
    assertThat(lock.isHeld()).isFalse();
    lock.close();
    assertThat(losses).isEmpty();
  }

  @Test
  void aStreamThatFailsIsOpenedAgainWithTheToken() {
    LeaseHandle lock = quoin.locks().hold("report", LockOptions.lease(LONG));

    Eventually.until("it is opened again", () -> flaky.holdTokens.equals(List.of("", "t")));

    assertThat(lock.isHeld()).isTrue();
    assertThat(lock.fence()).isEqualTo(1);
  }

  @Test
  void aLockThatWasFreedBetweenTwoStreamsIsLost() throws InterruptedException {
    flaky.resumes = false;
    LeaseHandle lock = quoin.locks().hold("report", LockOptions.lease(LONG));
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    lock.onLost(losses::add);

    assertThat(losses.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    assertThat(flaky.holdTokens).containsExactly("", "t");
  }

  /** Fails the first of everything, and every Renew; answers the second Release LOCK_NOT_HELD. */
  private static final class FlakyLocks extends LocksGrpc.LocksImplBase {
    final List<String> requestIds = new CopyOnWriteArrayList<>();
    final List<String> releases = new CopyOnWriteArrayList<>();
    final List<String> holdTokens = new CopyOnWriteArrayList<>();
    volatile boolean resumes = true;

    @Override
    public void acquire(AcquireRequest request, StreamObserver<AcquireResponse> answer) {
      requestIds.add(request.getRequestId());
      if (requestIds.size() == 1) {
        answer.onError(refusal(Code.UNAVAILABLE, "STORE_UNAVAILABLE"));
        return;
      }
      answer.onNext(
          AcquireResponse.newBuilder().setAcquired(true).setToken("t").setFence(1).build());
      answer.onCompleted();
    }

    @Override
    public void renew(RenewRequest request, StreamObserver<RenewResponse> answer) {
      answer.onError(refusal(Code.UNAVAILABLE, "STORE_UNAVAILABLE"));
    }

    @Override
    public void release(ReleaseRequest request, StreamObserver<ReleaseResponse> answer) {
      releases.add(request.getToken());
      answer.onError(
          releases.size() == 1
              ? refusal(Code.UNAVAILABLE, "STORE_UNAVAILABLE")
              : refusal(Code.FAILED_PRECONDITION, "LOCK_NOT_HELD"));
    }

    @Override
    public void hold(HoldRequest request, StreamObserver<HoldResponse> events) {
      holdTokens.add(request.getToken());
      if (holdTokens.size() > 1 && !resumes) {
        events.onError(refusal(Code.FAILED_PRECONDITION, "LOCK_NOT_HELD"));
        return;
      }
      events.onNext(
          HoldResponse.newBuilder()
              .setGranted(Granted.newBuilder().setToken("t").setFence(1))
              .build());
      if (holdTokens.size() == 1) {
        events.onError(refusal(Code.UNAVAILABLE, "STORE_UNAVAILABLE"));
      }
    }

    private static StatusRuntimeException refusal(Code code, String reason) {
      RetryInfo retry =
          RetryInfo.newBuilder().setRetryDelay(Duration.newBuilder().setSeconds(1)).build();
      return StatusProto.toStatusRuntimeException(
          com.google.rpc.Status.newBuilder()
              .setCode(code.getNumber())
              .addDetails(
                  Any.pack(ErrorInfo.newBuilder().setReason(reason).setDomain("quoin.dev").build()))
              .addDetails(Any.pack(retry))
              .build());
    }
  }
}
