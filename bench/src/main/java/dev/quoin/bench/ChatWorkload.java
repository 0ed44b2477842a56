// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.ChatGrpc.ChatStub;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.atomic.AtomicInteger;

/** Workers that send a message and wait until every member of the chat has received it. */
final class ChatWorkload implements Workload {
  private static final AtomicInteger ROOMS = new AtomicInteger();

  /** One that the server has not seen in another row, since when Redis was emptied. */
  private final String room = "room-" + ROOMS.incrementAndGet();

  private final Deliveries deliveries;

  private ChatWorkload(Deliveries deliveries) {
    this.deliveries = deliveries;
  }

  /**
   * @param members how many there are, each with an open stream
   */
  static Workload.Factory of(int members) {
    return (testbed, workers) -> open(new Deliveries(testbed, members), members);
  }

  /**
   * @param members how many there are, each with an open stream on a connection of its own
   */
  static Workload.Factory withConnections(int members) {
    return (testbed, workers) -> open(new Deliveries(testbed, members, members), members);
  }

  private static Workload open(Deliveries deliveries, int members) {
    ChatWorkload workload = new ChatWorkload(deliveries);
    workload.subscribe(members);
    return workload;
  }

  private void subscribe(int members) {
    ChatOperations.create(deliveries.channel(0), room, members, 0);
    for (int i = 0; i < members; i++) {
      ChatGrpc.newStub(deliveries.channel(i))
          .subscribe(SubscribeRequest.newBuilder().setUser("user-" + i).build(), new Reader());
    }
    deliveries.awaitStart();
  }

  @Override
  public Operation worker(int index) {
    ChatStub chat = ChatGrpc.newStub(deliveries.channel(index));
    return done ->
        chat.send(
            ChatOperations.message(room, deliveries.begin(done) + " "),
            GrpcWorkload.answer(done, sent -> {}));
  }

  @Override
  public void close() {
    deliveries.close();
  }

  private final class Reader implements StreamObserver<SubscribeResponse> {
    private boolean isOpen;

    @Override
    public void onNext(SubscribeResponse response) {
      if (!isOpen && response.hasHeartbeat()) {
        isOpen = true;
        deliveries.started();
      }
      for (SubscribeResponse.Event event : response.getEvents().getEventsList()) {
        if (event.hasMessage()) {
          deliveries.received(event.getMessage().getBody());
        }
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
