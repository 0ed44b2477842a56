// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What it costs the server to hold many permits, each by a stream with the default lease. */
record OpenHoldsRow(String name, int inFlight) implements Row {
  private static final int CONNECTIONS = 10;
  private static final int OPEN_SECONDS = 120;
  private static final int SECONDS = 10;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    long before = testbed.serverHeap();
    List<ManagedChannel> channels =
        Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(CONNECTIONS).toList();
    try {
      CountDownLatch granted = new CountDownLatch(inFlight);
      for (int i = 0; i < inFlight; i++) {
        HoldRequest request =
            HoldRequest.newBuilder()
                .setName("held-" + i % 100)
                .setLimit(SemaphoreOperations.MANY)
                .build();
        SemaphoresGrpc.newStub(channels.get(i % CONNECTIONS)).hold(request, counting(granted));
      }
      if (!granted.await(OPEN_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(granted.getCount() + " are not granted after 120 s");
      }
      CpuTimes cpuBefore = testbed.cpuTimes();
      TimeUnit.SECONDS.sleep(SECONDS);
      CpuTimes cpu = testbed.cpuTimes().since(cpuBefore);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.HEAP_PER_STREAM, (testbed.serverHeap() - before) / (double) inFlight);
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

  private static StreamObserver<HoldResponse> counting(CountDownLatch granted) {
    return new StreamObserver<>() {
      @Override
      public void onNext(HoldResponse event) {
        if (event.hasGranted()) {
          granted.countDown();
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
