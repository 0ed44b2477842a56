// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.SetResponse;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/** One worker that changes a type which 1,000 callers watch, each time they all know the last. */
final class ConfigWatchers implements Workload {
  static final int WATCHERS = 1_000;

  private static final String TYPE = "watched";
  private static final int CONNECTIONS = 4;

  private final List<ManagedChannel> channels;
  private volatile Change change;

  /** A change and how many do not know it yet: the watchers, and its own answer. */
  private static final class Change {
    final AtomicInteger open = new AtomicInteger(WATCHERS + 1);
    final Operation.Done done;

    Change(Operation.Done done) {
      this.done = done;
    }

    void known() {
      if (open.decrementAndGet() == 0) {
        done.ok();
      }
    }
  }

  ConfigWatchers(Testbed testbed, int workers) {
    channels = Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(CONNECTIONS).toList();
    CountDownLatch ready = new CountDownLatch(WATCHERS);
    WatchRequest request = WatchRequest.newBuilder().setType(TYPE).build();
    for (int i = 0; i < WATCHERS; i++) {
      ConfigGrpc.newStub(channels.get(i % CONNECTIONS)).watch(request, watcher(ready));
    }
    try {
      if (!ready.await(30, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all watch after 30 s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public Operation worker(int index) {
    ConfigGrpc.ConfigStub config = ConfigGrpc.newStub(channels.get(0));
    return new Operation() {
      private long next;

      @Override
      public void start(Done done) {
        Change now = new Change(done);
        change = now;
        config.set(
            ConfigOperations.change(TYPE, "component", next++),
            GrpcWorkload.<SetResponse>answer(done, response -> now.known()));
      }
    };
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    try {
      for (ManagedChannel channel : channels) {
        channel.awaitTermination(10, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private StreamObserver<WatchResponse> watcher(CountDownLatch ready) {
    return new StreamObserver<>() {
      @Override
      public void onNext(WatchResponse message) {
        if (message.hasSnapshot()) {
          ready.countDown();
        } else if (message.hasChanges()) {
          change.known();
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
