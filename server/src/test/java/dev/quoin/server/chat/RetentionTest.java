// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.quoin.chat.v1.FetchPendingResponse.PendingChat;
import dev.quoin.chat.v1.Message;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class RetentionTest {
  private static final String LOG = "quoin:default:chat:{c}:log";

  private final Chats chats = new Chats(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void messagesAllHaveAcknowledgedAreRemoved() {
    create(Durations.ZERO);
    send(0, 10);
    chats.ack("jason", "c", 10);
    assertThat(chats.history("c", "jeff")).hasSize(10);

    chats.ack("jeff", "c", 4);
    assertThat(chats.history("c", "jeff"))
        .extracting(Message::getMessageId)
        .containsExactly(5L, 6L, 7L, 8L, 9L, 10L);
    assertThat(chats.pendingBodies("jeff")).hasSize(6);

    chats.ack("jeff", "c", 10);
    assertThat(TestRedis.commands().exists(LOG)).isZero();
    assertThat(chats.send("c", "jason", "next")).isEqualTo(11);
    assertThat(chats.pendingBodies("jeff")).containsExactly("next");
  }

  @Test
  void whoAcknowledgesWithASendIsNoDifferent() {
    create(Durations.ZERO);
    send(0, 10);
    chats.ack("jeff", "c", 10);

    long last =
        chats
            .stub
            .send(Chats.message("c", "jason", "x").setAcknowledge(true).build())
            .getMessageId();

    assertThat(chats.history("c", "jeff")).extracting(Message::getMessageId).containsExactly(last);
    chats.leave("c", "jeff");
    chats.stub.send(Chats.message("c", "jason", "y").setAcknowledge(true).build());
    assertThat(TestRedis.commands().exists(LOG)).isZero();
  }

  @Test
  void acknowledgingDoesNotKeepALogLongerThanItsAge() {
    chats.stub.create(Chats.plan("c", "jason").setMaxAge(Durations.fromSeconds(20)).build());
    send(0, 1);
    chats.ack("jason", "c", 1);

    assertThat(TestRedis.commands().pttl(LOG)).isBetween(1L, 21_250L);
  }

  @Test
  void whoLeavesHoldsBackNothing() {
    create(Durations.ZERO);
    send(0, 10);
    chats.ack("jason", "c", 10);

    chats.leave("c", "jeff");

    assertThat(chats.history("c", "jason")).isEmpty();
  }

  @Test
  void acknowledgedMessagesStayForAWhile() {
    create(Durations.fromMinutes(10));
    send(0, 10);
    assertThat(TestRedis.commands().pttl(LOG)).isGreaterThan(Durations.toMillis(AGE));

    chats.ack("jason", "c", 10);
    chats.ack("jeff", "c", 10);

    assertThat(chats.history("c", "jeff")).hasSize(10);
    assertThat(TestRedis.commands().pttl(LOG)).isBetween(500_000L, 600_000L);
    send(10, 11);
    assertThat(TestRedis.commands().pttl(LOG)).isGreaterThan(Durations.toMillis(AGE));
  }

  @Test
  void acknowledgedMessagesGoWhenTheyAreOldEnough() {
    create(Durations.fromMinutes(10));
    send(0, 10);
    chats.ack("jason", "c", 10);
    chats.ack("jeff", "c", 5);
    age(11 * 60_000);

    chats.ack("jeff", "c", 6);

    assertThat(chats.history("c", "jeff")).hasSize(4);
  }

  @Test
  void membersWhoNeverAcknowledgeHoldBackNoMoreThanTheLimit() {
    chats.stub.create(Chats.plan("c", "jason", "jeff").setMaxMessages(50).build());
    send(0, 200);
    chats.ack("jason", "c", 200);

    assertThat(TestRedis.commands().llen(LOG)).isEqualTo(50);
    PendingChat pending = chats.pending("jeff").get(0);
    assertThat(pending.getMissed()).isEqualTo(150);
    assertThat(pending.getUnread()).isEqualTo(200);
    assertThat(pending.getMessages(0).getMessageId()).isEqualTo(151);
    chats.ack("jeff", "c", 160);
    assertThat(chats.pending("jeff").get(0).getMissed()).isZero();
  }

  @Test
  void oldMessagesGoWhetherReadOrNot() {
    create(Durations.ZERO);
    send(0, 10);
    age(2 * Durations.toMillis(AGE));

    send(10, 11);

    assertThat(chats.pendingBodies("jeff")).containsExactly("m10");
    assertThat(chats.pending("jeff").get(0).getMissed()).isEqualTo(10);
  }

  @Test
  void logThatHasExpiredIsMissedAndGoesOn() {
    create(Durations.ZERO);
    send(0, 10);
    TestRedis.commands().del(LOG);

    assertThat(chats.pending("jeff").get(0).getMissed()).isEqualTo(10);
    assertThat(chats.pending("jeff").get(0).getMessagesList()).isEmpty();
    assertThat(chats.ack("jeff", "c", 10).getUnread()).isZero();
    assertThat(chats.send("c", "jason", "m10")).isEqualTo(11);
    assertThat(chats.pendingBodies("jeff")).containsExactly("m10");
  }

  @Test
  void bytesOfAChatAreBounded() {
    chats.create("c", "jason", "jeff");
    send(0, 3);
    // As if 60 MiB had been sent since.
    TestRedis.commands().hincrby("quoin:default:chat:{c}:head", "b", 60 << 20);
    assertThat(chats.history("c", "jeff")).hasSize(3);

    String body = "x".repeat(65_000);
    IntStream.range(0, 80).forEach(i -> chats.send("c", "jason", body));

    assertThat(chats.history("c", "jeff").get(0).getBody()).isEqualTo(body);
    assertThat(TestRedis.commands().llen(LOG)).isEqualTo(80);
  }

  @Test
  void joiningAndLeavingAgainAndAgainIsBounded() {
    chats.stub.create(Chats.plan("c", "jason").setMaxMessages(20).build());
    chats.send("c", "jason", "hi");
    for (int i = 0; i < 30; i++) {
      chats.join("c", "jeff");
      chats.leave("c", "jeff");
    }
    assertThat(TestRedis.commands().llen(LOG)).isEqualTo(20);
    assertThat(chats.pending("jason").get(0).getMissed()).isEqualTo(1);
    assertThat(chats.send("c", "jason", "ho")).isEqualTo(2);
    assertThat(chats.pendingBodies("jason")).containsExactly("ho");
  }

  private static final Duration AGE = Durations.fromHours(1);

  private void create(Duration keepAcknowledged) {
    chats.stub.create(
        Chats.plan("c", "jason", "jeff")
            .setMaxAge(AGE)
            .setKeepAcknowledged(keepAcknowledged)
            .build());
  }

  private void send(int from, int to) {
    IntStream.range(from, to).forEach(i -> chats.send("c", "jason", "m" + i));
  }

  /** Makes all entries older. */
  private static void age(long millis) {
    var redis = TestRedis.commands();
    long length = redis.llen(LOG);
    for (long i = 0; i < length; i++) {
      String[] parts = redis.lindex(LOG, i).split(" ", 4);
      parts[2] = String.valueOf(Long.parseLong(parts[2]) - millis);
      redis.lset(LOG, i, String.join(" ", parts));
    }
    String head = "quoin:default:chat:{c}:head";
    redis.hset(head, "ot", String.valueOf(Long.parseLong(redis.hget(head, "ot")) - millis));
  }
}
