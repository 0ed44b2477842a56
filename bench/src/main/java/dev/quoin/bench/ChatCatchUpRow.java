// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** How fast a stream brings the messages that have waited for it. */
record ChatCatchUpRow(String name, int inFlight) implements Row {
  private static final String ROOM = "room";
  private static final int SENDING = 256;
  private static final int SECONDS = 120;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      ChatOperations.create(channel, ROOM, 1, 100_000);
      fill(channel);
      CountDownLatch missing = new CountDownLatch(inFlight);
      long begin = System.nanoTime();
      ChatGrpc.newStub(channel)
          .subscribe(
              SubscribeRequest.newBuilder().setUser(ChatOperations.SENDER).build(),
              counting(missing));
      if (!missing.await(SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(missing.getCount() + " messages are missing");
      }
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.MESSAGES_PER_SECOND, inFlight / ((System.nanoTime() - begin) / 1e9));
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private void fill(ManagedChannel channel) throws InterruptedException {
    Semaphore free = new Semaphore(SENDING);
    Operation.Done done =
        new Operation.Done() {
          @Override
          public void ok() {
            free.release();
          }

          @Override
          public void failed(Throwable failure) {
            throw new IllegalStateException(failure);
          }
        };
    for (int i = 0; i < inFlight; i++) {
      free.acquire();
      ChatGrpc.newStub(channel)
          .send(ChatOperations.message(ROOM, ""), GrpcWorkload.answer(done, sent -> done.ok()));
    }
    free.acquire(SENDING);
  }

  private static StreamObserver<SubscribeResponse> counting(CountDownLatch missing) {
    return new StreamObserver<>() {
      @Override
      public void onNext(SubscribeResponse response) {
        for (SubscribeResponse.Event event : response.getEvents().getEventsList()) {
          if (event.hasMessage()) {
            missing.countDown();
          }
        }
      }

      @Override
      public void onError(Throwable failure) {}

      @Override
      public void onCompleted() {}
    };
  }
}
