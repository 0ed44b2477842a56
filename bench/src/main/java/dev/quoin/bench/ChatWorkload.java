// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.ChatGrpc.ChatStub;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/** Workers that send a message and wait until every member of the chat has received it. */
final class ChatWorkload implements Workload {
  private static final int CONNECTIONS = 4;
  private static final String ROOM = "room";

  private final List<ManagedChannel> channels;
  private final int members;
  private final CountDownLatch started;
  private final AtomicLong next = new AtomicLong();
  private final Map<String, Delivery> deliveries = new ConcurrentHashMap<>();

  /** A message under way. */
  private record Delivery(AtomicInteger missing, Operation.Done done) {
    void received() {
      if (missing.decrementAndGet() == 0) {
        done.ok();
      }
    }
  }

  private ChatWorkload(List<ManagedChannel> channels, int members) {
    this.channels = channels;
    this.members = members;
    this.started = new CountDownLatch(members);
  }

  /**
   * @param members how many there are, each with an open stream
   */
  static Workload.Factory of(int members) {
    return (testbed, workers) -> {
      List<ManagedChannel> channels =
          Stream.generate(() -> GrpcWorkload.connect(testbed)).limit(CONNECTIONS).toList();
      ChatWorkload workload = new ChatWorkload(channels, members);
      ChatOperations.create(channels.get(0), ROOM, members, 0);
      workload.subscribe();
      return workload;
    };
  }

  private void subscribe() {
    for (int i = 0; i < members; i++) {
      ChatGrpc.newStub(channels.get(i % CONNECTIONS))
          .subscribe(
              SubscribeRequest.newBuilder().setUser("user-" + i).build(), new Reader(started));
    }
    try {
      if (!started.await(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not all streams have started");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public Operation worker(int index) {
    ChatStub chat = ChatGrpc.newStub(channels.get(index % CONNECTIONS));
    return done -> {
      String begin = next.incrementAndGet() + " ";
      deliveries.put(begin.trim(), new Delivery(new AtomicInteger(members), done));
      chat.send(ChatOperations.message(ROOM, begin), GrpcWorkload.answer(done, sent -> {}));
    };
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  private final class Reader implements StreamObserver<SubscribeResponse> {
    private final CountDownLatch standing;
    private boolean isOpen;

    private Reader(CountDownLatch standing) {
      this.standing = standing;
    }

    @Override
    public void onNext(SubscribeResponse response) {
      if (!isOpen && response.hasHeartbeat()) {
        isOpen = true;
        standing.countDown();
      }
      for (SubscribeResponse.Event event : response.getEvents().getEventsList()) {
        if (event.hasMessage()) {
          String body = event.getMessage().getBody();
          Delivery delivery = deliveries.get(body.substring(0, body.indexOf(' ')));
          if (delivery != null) {
            delivery.received();
          }
        }
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
