// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.LocksGrpc.LocksStub;
import dev.quoin.locks.v1.Mode;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresStub;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/** Crowds that hold a lock or a semaphore, or stand in line for it. */
final class Crowds {
  private static final int AT_ONCE = 256;
  private static final Duration LONG = Duration.newBuilder().setSeconds(3_600).build();

  private Crowds() {}

  /** Each holds a permit. */
  static void permitHolders(Testbed testbed, ManagedChannel channel, int others)
      throws InterruptedException {
    SemaphoresStub semaphores = SemaphoresGrpc.newStub(channel);
    var request =
        dev.quoin.semaphores.v1.AcquireRequest.newBuilder()
            .setName(SemaphoreOperations.SCALE)
            .setLimit(SemaphoreOperations.MANY)
            .setLease(LONG)
            .build();
    all(others, slot -> semaphores.acquire(request, new Slot<>(slot)));
  }

  /** Each reads under the lock. */
  static void readers(Testbed testbed, ManagedChannel channel, int others)
      throws InterruptedException {
    LocksStub locks = LocksGrpc.newStub(channel);
    var request =
        dev.quoin.locks.v1.AcquireRequest.newBuilder()
            .setName(QuoinOperations.SCALE)
            .setMode(Mode.MODE_SHARED)
            .setLease(LONG)
            .build();
    all(others, slot -> locks.acquire(request, new Slot<>(slot)));
  }

  /**
   * One holder, one who waits through the server, and behind that one as many as it takes, written
   * into the line as a server would. They are never reached.
   */
  static void permitLine(Testbed testbed, ManagedChannel channel, int others) {
    var request =
        dev.quoin.semaphores.v1.AcquireRequest.newBuilder()
            .setName(SemaphoreOperations.SCALE)
            .setLimit(1)
            .setLease(LONG);
    SemaphoresGrpc.newBlockingStub(channel).acquire(request.build());
    SemaphoresGrpc.newStub(channel)
        .acquire(request.setWait(LONG).build(), new Slot<>(new Slots(0)));
    testbed.fillLine("semaphores", SemaphoreOperations.SCALE, others - 1);
  }

  /** As {@link #permitLine}, for a lock. */
  static void line(Testbed testbed, ManagedChannel channel, int others) {
    var request =
        dev.quoin.locks.v1.AcquireRequest.newBuilder()
            .setName(QuoinOperations.SCALE)
            .setLease(LONG);
    LocksGrpc.newBlockingStub(channel).acquire(request.build());
    LocksGrpc.newStub(channel).acquire(request.setWait(LONG).build(), new Slot<>(new Slots(0)));
    testbed.fillLine("locks", QuoinOperations.SCALE, others - 1);
  }

  private static void all(int others, Consumer<Slots> begin) throws InterruptedException {
    Slots slots = new Slots(AT_ONCE);
    for (int i = 0; i < others; i++) {
      slots.free.acquire();
      begin.accept(slots);
    }
    slots.free.acquire(AT_ONCE);
    if (slots.failure.get() != null) {
      throw new IllegalStateException("not all are there", slots.failure.get());
    }
  }

  /** How many calls may be under way, and why the first of them failed. */
  private record Slots(Semaphore free, AtomicReference<Throwable> failure) {
    Slots(int count) {
      this(new Semaphore(count), new AtomicReference<>());
    }
  }

  /** Gives a slot back when a call has ended. */
  private record Slot<R>(Slots slots) implements StreamObserver<R> {
    @Override
    public void onNext(R response) {}

    @Override
    public void onError(Throwable thrown) {
      slots.failure.compareAndSet(null, thrown);
      slots.free.release();
    }

    @Override
    public void onCompleted() {
      slots.free.release();
    }
  }
}
