// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.HistoryRequest;
import dev.quoin.chat.v1.ListChatsResponse.Overview;
import dev.quoin.chat.v1.MembersResponse.Member;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.Role;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.errors.v1.ErrorReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ChatTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Chat ann = quoin.chat("ann");
  private final Chat bob = quoin.chat("bob");

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void messagesWaitUntilTheyAreAcknowledged() {
    String room = ann.create("bob");
    ann.send(room, "one");
    ann.send(room, "two");

    assertThat(bob.pending(10).get(0).getMessagesList())
        .extracting(Message::getBody)
        .containsExactly("one", "two");
    bob.ack(room, 1);
    assertThat(bob.chats()).extracting(Overview::getUnread).containsExactly(1L);
    assertThat(ann.members(room))
        .extracting(Member::getAcknowledgedMessageId)
        .containsExactly(0L, 1L);
    bob.ack(room, 2);
    assertThat(bob.pending(10)).isEmpty();
  }

  @Test
  void messageWithAnIdIsSentOnce() throws Exception {
    String room = ann.create();
    SendRequest message =
        SendRequest.newBuilder().setChatId(room).setBody("hi").setClientMessageId("1").build();

    assertThat(ann.sendAsync(message).get(10, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(ann.sendAsync(message).get(10, TimeUnit.SECONDS)).isEqualTo(1);
    assertThat(ann.history(room, 10)).hasSize(1);
  }

  @Test
  void subscriptionHearsWhatWasAndWhatComes() {
    Hearing hearing = new Hearing();
    String room = ann.create("bob");
    ann.send(room, "one");
    ChatSubscription subscription = bob.subscribe(hearing);
    Eventually.until("it stands", () -> hearing.alive);
    ann.send(room, "two");
    ann.edit(room, 1, "uno");
    ann.delete(room, 2);
    Eventually.until(
        "all is heard", () -> hearing.events.stream().anyMatch(Event::hasMessageDeleted));
    // The cursor goes on when the listener is back from its call, so before the next one begins.
    Eventually.until(
        "something after it is heard",
        () -> {
          ann.signal(room, Activity.ACTIVITY_TYPING);
          return !hearing.signals.isEmpty();
        });
    subscription.close();

    ann.send(room, "three");
    Hearing rest = new Hearing();
    bob.subscribe(rest, subscription.cursor());
    Eventually.until("the rest is heard", () -> !rest.events.isEmpty());
    assertThat(rest.events)
        .extracting(event -> event.getMessage().getBody())
        .containsExactly("three");
  }

  @Test
  void whoTakesOneEventASubscriptionHearsEveryEventOnce() throws Exception {
    String room = ann.create("bob");
    IntStream.range(0, 5).forEach(i -> ann.send(room, "m" + i));
    List<String> heard = new ArrayList<>();
    String cursor = "";

    while (heard.size() < 5) {
      CompletableFuture<Event> first = new CompletableFuture<>();
      try (ChatSubscription one = bob.subscribe((chat, event) -> first.complete(event), cursor)) {
        Event taken = first.get(20, TimeUnit.SECONDS);
        cursor = taken.getCursor();
        if (taken.hasMessage()) {
          heard.add(taken.getMessage().getBody());
        }
      }
    }

    assertThat(heard).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  void listenerThatFailsAtOneEventHearsTheOthersThatCameWithIt() {
    String room = ann.create("bob");
    IntStream.range(0, 5).forEach(i -> ann.send(room, "m" + i));
    List<String> heard = new CopyOnWriteArrayList<>();
    bob.subscribe(
        (chat, event) -> {
          if (event.hasMessage()) {
            heard.add(event.getMessage().getBody());
            if (heard.size() == 2) {
              throw new IllegalStateException("the listener's own fault");
            }
          }
        });

    Eventually.until("all are heard", () -> heard.size() == 5);
    assertThat(heard).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  void gapsAndSignalsAreHeard() {
    String room =
        ann.create(CreateRequest.newBuilder().addMembers("bob").setMaxMessages(2).build());
    IntStream.range(0, 5).forEach(i -> ann.send(room, "m" + i));
    Hearing hearing = new Hearing();
    bob.subscribe(hearing);

    Eventually.until("the gap is heard", () -> hearing.gaps.contains("1-3"));
    Eventually.until(
        "the signal is heard",
        () -> {
          ann.signal(room, Activity.ACTIVITY_TYPING);
          return hearing.signals.contains("ann ACTIVITY_TYPING");
        });
  }

  @Test
  void officesAndMembershipAreChanged() {
    String room = ann.create("bob", "cem");
    assertThat(ann.setRole(room, "bob", Role.ROLE_MODERATOR)).isTrue();
    assertThat(bob.kick(room, "cem")).isTrue();
    assertThat(bob.leave(room)).isTrue();
    assertThat(bob.join(room)).isTrue();
    assertThat(bob.join(room)).isFalse();
    ann.send(room, "hi");
    assertThat(
            bob.history(HistoryRequest.newBuilder().setChatId(room).setAfterMessageId(0).build())
                .getMore())
        .isFalse();
    assertThatThrownBy(() -> quoin.chat("cem").send(room, "hi"))
        .isInstanceOfSatisfying(
            QuoinException.class,
            refused ->
                assertThat(refused.reason()).isEqualTo(ErrorReason.ERROR_REASON_CHAT_NOT_MEMBER));
  }

  private static final class Hearing implements ChatListener {
    final List<Event> events = new CopyOnWriteArrayList<>();
    final List<String> gaps = new CopyOnWriteArrayList<>();
    final List<String> signals = new CopyOnWriteArrayList<>();
    volatile boolean alive;

    @Override
    public void event(String chat, Event event) {
      events.add(event);
    }

    @Override
    public void gap(String chat, long from, long to) {
      gaps.add(from + "-" + to);
    }

    @Override
    public void signal(String chat, String user, Activity activity) {
      signals.add(user + " " + activity);
    }

    @Override
    public void alive() {
      alive = true;
    }
  }
}
