// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.server.testing.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams whose caller reads nothing for a while. */
@Tag("redis")
final class SlowReaderTest {
  private static final int STREAMS = 40;

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
          DeleteRequest.newBuilder().setChatId(room).setActor(ann).setMessageId(secret).build());
      quick.await(room, "the deletion is told", Event::hasMessageDeleted);

      slow.read(Integer.MAX_VALUE - 1);

      slow.await(room, "the deletion is told", Event::hasMessageDeleted);
      assertThat(quick.bodies(room)).contains("secret");
      assertThat(slow.bodies(room)).doesNotContain("secret").hasSize(11);
    }
  }

  @Test
  void streamsThatAreNeverReadTakeNoMemoryAndNobodysTime() {
    chats.create(room, ann, bob);
    String body = "x".repeat(20_000);
    List<Listening> stuck = new ArrayList<>();
    try (Listening quick = Listening.open(TestServer.second().channel(), ann)) {
      long alone = slowestOf(40, body, quick, 0);
      chats.ack(bob, room, 40);
      for (int i = 0; i < STREAMS; i++) {
        stuck.add(beginSlow(bob));
      }
      slowestOf(20, body, quick, 40);
      long before = usedMemory();

      long among = slowestOf(500, body, quick, 60);

      // What was sent would take 400 MB if every stream had a queue.
      assertThat(usedMemory() - before).isLessThan(100_000_000);
      assertThat(among).isLessThan(alone + TimeUnit.SECONDS.toNanos(5));
      assertThat(stuck).allSatisfy(slow -> assertThat(slow.told()).isEmpty());
      assertThat(quick.gaps()).isEmpty();
    } finally {
      stuck.forEach(Listening::close);
    }
  }

  /** Sends messages, each when the one before was received; the longest time that took. */
  private long slowestOf(int count, String body, Listening quick, int had) {
    long slowest = 0;
    for (int i = 1; i <= count; i++) {
      long begin = System.nanoTime();
      chats.send(room, ann, body);
      quick.awaitMessages(had + i);
      slowest = Math.max(slowest, System.nanoTime() - begin);
    }
    return slowest;
  }

  private static long usedMemory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private Listening beginSlow(String user) {
    Listening slow = Listening.begin(narrow, SubscribeRequest.newBuilder().setUser(user), 1);
    slow.awaitStart();
    return slow;
  }
}
