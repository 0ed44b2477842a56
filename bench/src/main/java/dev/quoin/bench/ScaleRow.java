// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresStub;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Workers in a closed loop on a semaphore that a number of others hold, or wait for.
 *
 * @param others how many
 * @param waiting whether they wait; else they hold a permit each
 */
record ScaleRow(String name, int others, boolean waiting) implements Row {
  private static final int WORKERS = 16;
  private static final int AT_ONCE = 256;
  private static final Duration LONG = Duration.newBuilder().setSeconds(3_600).build();

  @Override
  public int inFlight() {
    return others;
  }

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      if (waiting) {
        line(testbed, channel);
      } else {
        hold(channel);
      }
      Workload.Factory factory =
          GrpcWorkload.of(
              waiting ? SemaphoreOperations::amongWaiters : SemaphoreOperations::amongHolders);
      try (Workload load = factory.open(testbed, WORKERS)) {
        return Measurement.of(ClosedLoop.run(load, WORKERS, options, testbed));
      }
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }

  private void hold(ManagedChannel channel) throws InterruptedException {
    SemaphoresStub semaphores = SemaphoresGrpc.newStub(channel);
    AcquireRequest request =
        AcquireRequest.newBuilder()
            .setName(SemaphoreOperations.SCALE)
            .setLimit(SemaphoreOperations.MANY)
            .setLease(LONG)
            .build();
    Semaphore slots = new Semaphore(AT_ONCE);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int i = 0; i < others; i++) {
      slots.acquire();
      semaphores.acquire(request, new Slot(slots, failure));
    }
    slots.acquire(AT_ONCE);
    if (failure.get() != null) {
      throw new IllegalStateException("not all hold permits", failure.get());
    }
  }

  /**
   * One holder, one who waits through the server, and behind that one as many as it takes, written
   * into the line as a server would. They are never reached.
   */
  private void line(Testbed testbed, ManagedChannel channel) throws InterruptedException {
    AcquireRequest.Builder request =
        AcquireRequest.newBuilder().setName(SemaphoreOperations.SCALE).setLimit(1).setLease(LONG);
    SemaphoresGrpc.newBlockingStub(channel).acquire(request.build());
    Semaphore never = new Semaphore(0);
    SemaphoresGrpc.newStub(channel)
        .acquire(request.setWait(LONG).build(), new Slot(never, new AtomicReference<>()));
    testbed.fillLine("semaphores", SemaphoreOperations.SCALE, others - 1);
  }

  /** Gives a slot back when a call has ended. */
  private record Slot(Semaphore slots, AtomicReference<Throwable> failure)
      implements StreamObserver<AcquireResponse> {
    @Override
    public void onNext(AcquireResponse response) {}

    @Override
    public void onError(Throwable thrown) {
      failure.compareAndSet(null, thrown);
      slots.release();
    }

    @Override
    public void onCompleted() {
      slots.release();
    }
  }
}
