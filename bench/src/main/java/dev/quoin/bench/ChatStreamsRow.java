// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** What it costs the server that many users, 100 of each chat, have streams and nothing happens. */
record ChatStreamsRow(String name, int inFlight) implements Row {
  private static final int CONNECTIONS = 10;
  private static final int MEMBERS = 100;
  private static final int OPEN_SECONDS = 180;
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
      for (int room = 0; room < inFlight / MEMBERS; room++) {
        int first = room * MEMBERS;
        ChatOperations.create(
            channels.get(0), "room-" + room, ChatOperations.users(first, first + MEMBERS), 0);
      }
      CountDownLatch started = new CountDownLatch(inFlight);
      for (int i = 0; i < inFlight; i++) {
        ChatGrpc.newStub(channels.get(i % CONNECTIONS))
            .subscribe(
                SubscribeRequest.newBuilder().setUser("user-" + i).build(), counting(started));
      }
      if (!started.await(OPEN_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(started.getCount() + " streams have not started");
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

  private static StreamObserver<SubscribeResponse> counting(CountDownLatch started) {
    return new StreamObserver<>() {
      private boolean isOpen;

      @Override
      public void onNext(SubscribeResponse response) {
        if (!isOpen && response.hasHeartbeat()) {
          isOpen = true;
          started.countDown();
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
