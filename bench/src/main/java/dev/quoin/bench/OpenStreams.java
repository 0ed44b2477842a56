// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Many streams that stand open while nothing happens. */
final class OpenStreams {
  private static final int CONNECTIONS = 10;
  private static final int OPEN_SECONDS = 180;
  private static final int SECONDS = 10;

  private OpenStreams() {}

  /** Opens them. */
  interface Opener {
    /**
     * @param standing to be counted down by each
     */
    void open(List<ManagedChannel> channels, CountDownLatch standing);
  }

  /** What so many streams cost. */
  static Measurement measure(Testbed testbed, int count, Opener opener)
      throws InterruptedException {
    testbed.empty();
    long before = testbed.serverHeap();
    List<ManagedChannel> channels =
        Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(CONNECTIONS).toList();
    try {
      CountDownLatch standing = new CountDownLatch(count);
      opener.open(channels, standing);
      if (!standing.await(OPEN_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(standing.getCount() + " do not stand after 180 s");
      }
      CpuTimes cpuBefore = testbed.cpuTimes();
      TimeUnit.SECONDS.sleep(SECONDS);
      CpuTimes cpu = testbed.cpuTimes().since(cpuBefore);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.HEAP_PER_STREAM, (testbed.serverHeap() - before) / (double) count);
      values.put(Measurement.SERVER_CORES, cpu.server() / SECONDS);
      values.put(Measurement.REDIS_CORES, cpu.redis() / SECONDS);
      values.put(Measurement.OTHERS_CORES, cpu.others() / SECONDS);
      return new Measurement(values);
    } finally {
      for (ManagedChannel channel : channels) {
        channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      }
    }
  }

  /** Counts down at the first message that says that the stream stands. */
  static <R> StreamObserver<R> reader(CountDownLatch standing, Predicate<R> stands) {
    return new StreamObserver<>() {
      private boolean counted;

      @Override
      public void onNext(R message) {
        if (!counted && stands.test(message)) {
          counted = true;
          standing.countDown();
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
