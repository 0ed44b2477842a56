// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.ListChatsResponse.Membership;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is noted of the chats of a user. */
@Tag("redis")
final class NotesTest {
  private final Chats chats = new Chats(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void noteOfAChatThatWasNeverJoinedIsNotShownAndGoes() {
    // What a server leaves that is killed between the two steps of Join.
    TestRedis.commands().zadd(of("jeff", "chats"), 1, "c");
    chats.create("c", "jason");

    assertThat(chats.list("jeff")).isEmpty();
    assertThat(chats.pending("jeff")).isEmpty();

    Eventually.until("it is gone", () -> noted("jeff").isEmpty());
    assertThat(chats.join("c", "jeff")).isTrue();
    assertThat(chats.list("jeff")).hasSize(1);
  }

  @Test
  void whoIsNotLetInHasNothingNoted() {
    assertThat(Refused.by(() -> chats.join("nowhere", "jeff")).reason())
        .isEqualTo("CHAT_NOT_FOUND");
    Eventually.until("it is taken back", () -> noted("jeff").isEmpty());

    chats.create("c", "jason", "jenny");
    assertThat(Refused.by(() -> chats.create("c", "jeff", "jenny", "joe")).reason())
        .isEqualTo("CHAT_EXISTS");
    Eventually.until("it is taken back", () -> noted("jeff").isEmpty() && noted("joe").isEmpty());
    assertThat(noted("jenny")).containsExactly("c");
  }

  @Test
  void noteIsNotTakenBackWhenSomebodyElseHasNotedIt() {
    // A join under way noted it before.
    TestRedis.commands().zadd(of("jeff", "chats"), 1, "nowhere");

    assertThat(Refused.by(() -> chats.join("nowhere", "jeff")).reason())
        .isEqualTo("CHAT_NOT_FOUND");
    chats.create("c", "jeff");
    assertThat(noted("jeff")).containsExactly("nowhere", "c");
  }

  @Test
  void whoHasLeftHasNothingNoted() {
    chats.create("c", "jason", "jeff");
    TestRedis.commands().del(of("jeff", "noted"));

    chats.leave("c", "jeff");

    Eventually.until("it is gone", () -> noted("jeff").isEmpty());
  }

  @Test
  void chatThatWasNotedJustNowStaysNoted() {
    chats.create("c", "jason", "jeff");
    chats.leave("c", "jeff");

    assertThat(chats.list("jeff")).isEmpty();
    assertThat(noted("jeff")).containsExactly("c");
    assertThat(TestRedis.commands().pttl(of("jeff", "noted"))).isBetween(60_001L, 120_000L);
  }

  @Test
  void joiningOnceMoreChangesNoOrder() {
    List.of("b", "a", "c").forEach(chat -> chats.create(chat, "jason", "jeff"));

    assertThat(chats.join("b", "jeff")).isFalse();

    assertThat(chats.list("jeff")).extracting(Membership::getChatId).containsExactly("b", "a", "c");
  }

  @Test
  void userHasAtMostAThousandChats() {
    chats.create("c", "jason");
    // Chats that ended are looked through once there are too many.
    note("gone", 1_000);
    assertThat(chats.join("c", "jeff")).isTrue();
    assertThat(noted("jeff")).containsExactly("c");

    long now = System.currentTimeMillis() * 1_000;
    note("new", 1_000);
    for (int i = 0; i < 1_000; i++) {
      TestRedis.commands().hset(of("jeff", "noted"), "new" + i, String.valueOf(now));
    }
    chats.create("d", "jason");
    TestRedis.commands().hdel(of("jeff", "index"), "looked");
    assertThat(Refused.by(() -> chats.join("d", "jeff")).reason()).isEqualTo("CHAT_USER_FULL");
    assertThat(Refused.by(() -> chats.create("e", "jason", "jeff")).reason())
        .isEqualTo("CHAT_USER_FULL");
  }

  @Test
  void chatsOfAFullUserAreLookedThroughOnceAMinute() {
    chats.create("c", "jason");
    note("gone", 1_000);
    assertThat(chats.join("c", "jeff")).isTrue();
    note("gone", 1_000);
    chats.create("d", "jason");

    assertThat(Refused.by(() -> chats.join("d", "jeff")).reason()).isEqualTo("CHAT_USER_FULL");
    assertThat(noted("jeff")).hasSize(1_001);

    TestRedis.commands().hset(of("jeff", "index"), "looked", "1");
    assertThat(chats.join("d", "jeff")).isTrue();
    assertThat(noted("jeff")).containsExactly("c", "d");
  }

  @Test
  void requestIdOfAnotherCreatorIsAnotherOne() {
    CreateRequest request = Chats.plan("c", "jason").setRequestId("r").build();
    chats.stub.create(request);

    CreateRequest other = request.toBuilder().setActor("jeff").build();
    assertThat(Refused.by(() -> chats.stub.create(other)).reason()).isEqualTo("CHAT_EXISTS");
    CreateRequest changed = request.toBuilder().setMaxMessages(7).build();
    assertThat(Refused.by(() -> chats.stub.create(changed)).reason())
        .isEqualTo("REQUEST_ID_REUSED");
  }

  /** Notes chats that do not exist for Jeff. */
  private static void note(String name, int count) {
    Object[] pairs = new Object[2 * count];
    for (int i = 0; i < count; i++) {
      pairs[2 * i] = 1.0 + i;
      pairs[2 * i + 1] = name + i;
    }
    TestRedis.commands().zadd(of("jeff", "chats"), pairs);
  }

  private static List<String> noted(String user) {
    return TestRedis.commands().zrange(of(user, "chats"), 0, -1);
  }

  private static String of(String user, String part) {
    return "quoin:default:chat:{%user:" + user + "}:" + part;
  }
}
