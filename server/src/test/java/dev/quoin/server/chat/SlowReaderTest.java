// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.server.testing.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams whose caller reads nothing for a while. */
@Tag("redis")
final class SlowReaderTest {
  private final Chats chats = new Chats(TestServer.first().channel());
  private final String room = "room " + System.nanoTime();
  private final String ann = "ann " + System.nanoTime();
  private final String bob = "bob " + System.nanoTime();

  /** Takes little before its caller reads. */
  private final ManagedChannel narrow =
      NettyChannelBuilder.forAddress("127.0.0.1", TestServer.second().server().port())
          .usePlaintext()
          .flowControlWindow(65_535)
          .build();

  @AfterEach
  void close() {
    narrow.shutdownNow();
  }

  @Test
  void deletedTextIsNotToldToWhoReadsLater() {
    chats.create(room, ann, bob);
    try (Listening slow = beginSlow(bob);
        Listening quick = Listening.open(TestServer.second().channel(), ann)) {
      String filler = "x".repeat(40_000);
      IntStream.range(0, 10).forEach(i -> chats.send(room, ann, filler));
      long secret = chats.send(room, ann, "secret");
      quick.awaitBodies(room, 11);
      chats.stub.delete(
          DeleteRequest.newBuilder().setChatId(room).setUser(ann).setMessageId(secret).build());
      quick.await(room, "the deletion is told", Event::hasMessageDeleted);

      slow.read(Integer.MAX_VALUE - 1);

      slow.await(room, "the deletion is told", Event::hasMessageDeleted);
      assertThat(quick.bodies(room)).contains("secret");
      assertThat(slow.bodies(room)).doesNotContain("secret").hasSize(11);
    }
  }

  private Listening beginSlow(String user) {
    Listening slow = Listening.begin(narrow, SubscribeRequest.newBuilder().setUser(user), 1);
    slow.awaitStart();
    return slow;
  }
}
