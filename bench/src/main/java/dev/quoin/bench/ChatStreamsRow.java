// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What it costs the server that many users, 100 of each chat, have streams and nothing happens. */
record ChatStreamsRow(String name, int inFlight) implements Row {
  private static final int MEMBERS = 100;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    return OpenStreams.measure(testbed, inFlight, this::subscribe);
  }

  private void subscribe(List<ManagedChannel> channels, CountDownLatch started) {
    for (int first = 0; first < inFlight; first += MEMBERS) {
      List<String> users = ChatOperations.users(first, first + MEMBERS);
      ChatOperations.create(channels.get(0), "room-" + first, users, 0);
    }
    for (int i = 0; i < inFlight; i++) {
      ChatGrpc.newStub(channels.get(i % channels.size()))
          .subscribe(
              SubscribeRequest.newBuilder().setUser("user-" + i).build(),
              OpenStreams.reader(started, SubscribeResponse::hasHeartbeat));
    }
  }
}
