// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.ReconnectReason;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.lettuce.core.ScriptOutputType;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Streams that end before they have begun, and go on. */
@Tag("redis")
final class ResumeTest {
  @Test
  void streamThatEndsWhileItOpensIsToGoOnWhereItWasToBegin() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestServer stays = TestServer.start("redis", redis.uri(), "redis-timeout", "60s");
        TestServer leaves = TestServer.start("redis", redis.uri(), "redis-timeout", "60s")) {
      Chats chats = new Chats(stays.channel());
      chats.create("room", "ann", "bob");
      Listening before = Listening.open(stays.channel(), "bob");
      chats.send("room", "ann", "one");
      before.awaitBodies("room", 1);
      before.close();
      chats.send("room", "ann", "two");
      chats.ack("bob", "room", 2);

      SubscribeResponse last;
      redis.freeze();
      try (Listening opening = begin(leaves, before.cursor())) {
        CompletableFuture<Void> closed = CompletableFuture.runAsync(leaves.server()::close);
        assertThat(opening.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.OK);
        last = opening.told().get(opening.told().size() - 1);
        redis.unfreeze();
        closed.get(60, TimeUnit.SECONDS);
      } finally {
        redis.unfreeze();
      }

      assertThat(last.getReconnect().getReason())
          .isEqualTo(ReconnectReason.RECONNECT_REASON_DRAINING);
      assertThat(last.getReconnect().getCursor()).isEqualTo(before.cursor());
      try (Listening rest =
          Listening.open(stays.channel(), "bob", last.getReconnect().getCursor())) {
        rest.awaitBodies("room", 1);
        assertThat(rest.bodies("room")).containsExactly("two");
      }
    }
  }

  @Test
  void whoWasKickedMeanwhileIsTold() {
    Chats chats = new Chats(TestServer.first().channel());
    String room = "room " + System.nanoTime();
    String bob = "bob " + System.nanoTime();
    chats.create(room, "ann", bob);
    Listening before = Listening.open(TestServer.first().channel(), bob);
    chats.send(room, "ann", "one");
    before.awaitBodies(room, 1);
    before.close();
    chats.stub.kick(KickRequest.newBuilder().setChatId(room).setActor("ann").setUser(bob).build());
    chats.send(room, "ann", "two");

    String after;
    try (Listening rest = Listening.open(TestServer.second().channel(), bob, before.cursor())) {
      rest.await(room, "it is told", Event::hasMemberLeft);
      assertThat(rest.bodies(room)).isEmpty();
      after = rest.cursor();
    }
    try (Listening rest = Listening.open(TestServer.second().channel(), bob, after)) {
      assertThat(rest.told()).isEmpty();
    }
  }

  @Test
  void streamAheadOfARedisThatWasSetBackGoesOnAfterWhatIsAcknowledged() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no")) {
      String cursor;
      try (TestServer server = TestServer.start("redis", redis.uri())) {
        Chats chats = new Chats(server.channel());
        chats.create("room", "ann", "bob");
        chats.send("room", "ann", "one");
        chats.ack("bob", "room", 1);
        chats.send("room", "ann", "two");
        redis.commands().save();
        chats.send("room", "ann", "three");
        chats.send("room", "ann", "four");
        try (Listening ahead = Listening.open(server.channel(), "bob")) {
          ahead.awaitBodies("room", 3);
          cursor = ahead.cursor();
        }
      }
      redis.kill();
      redis.start();
      try (TestServer server = TestServer.start("redis", redis.uri())) {
        new Chats(server.channel()).send("room", "ann", "drei");

        try (Listening rest = Listening.open(server.channel(), "bob", cursor)) {
          rest.awaitBodies("room", 2);
          assertThat(rest.bodies("room")).containsExactly("two", "drei");
          assertThat(rest.gaps()).extracting(Gap::getLastMissed).containsExactly(0L);
        }
      }
    }
  }

  @Test
  void streamOfALogThatCannotBeReadEnds() throws Exception {
    Chats chats = new Chats(TestServer.first().channel());
    String room = "room" + System.nanoTime();
    String bob = "bob" + System.nanoTime();
    chats.create(room, "ann", bob);
    try (Listening listening = Listening.open(TestServer.first().channel(), bob)) {
      chats.send(room, "ann", "one");
      listening.awaitBodies(room, 1);
      String chat = "quoin:default:chat:{" + room + "}:";
      TestRedis.commands().del(chat + "log");
      TestRedis.commands().set(chat + "log", "no list");
      String newest = String.valueOf(TestRedis.commands().hincrby(chat + "head", "p", 1));
      TestRedis.commands()
          .<Long>eval(
              "return redis.call('SPUBLISH', KEYS[1], ARGV[1])",
              ScriptOutputType.INTEGER,
              new String[] {chat + "hints"},
              newest);

      assertThat(listening.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.INTERNAL);
    }
  }

  /** Returns when the server has the call. */
  private static Listening begin(TestServer server, String cursor) {
    Listening opening =
        Listening.begin(
            server.channel(),
            SubscribeRequest.newBuilder().setUser("bob").setCursor(cursor),
            Integer.MAX_VALUE);
    HealthGrpc.newBlockingStub(server.channel()).check(HealthCheckRequest.getDefaultInstance());
    return opening;
  }
}
