// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.EditRequest;
import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.Role;
import dev.quoin.chat.v1.SetRoleRequest;
import dev.quoin.chat.v1.SignalRequest;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.ReconnectReason;
import dev.quoin.streams.v1.SlowReader;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class SubscribeTest {
  private final Chats chats = new Chats(TestServer.first().channel());

  /** Names of every test's own: servers still listen to those of earlier tests. */
  private final String room = "room " + System.nanoTime();

  private final String jason = "jason " + System.nanoTime();
  private final String jeff = "jeff " + System.nanoTime();
  private final List<Listening> open = new ArrayList<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void end() {
    open.forEach(Listening::close);
  }

  @Test
  void messagesSentAtOneServerArriveAtTheOtherInOrder() {
    chats.create(room, jason, jeff);
    Listening first = listen(jeff);
    Listening second = listen(jeff);
    Listening own = listen(jason);

    IntStream.range(0, 200).forEach(i -> chats.send(room, jason, "m" + i));

    for (Listening listening : List.of(first, second, own)) {
      listening.awaitBodies(room, 200);
      assertThat(listening.bodies(room)).containsExactlyElementsOf(numbered(0, 200));
      assertThat(listening.gaps()).isEmpty();
    }
  }

  @Test
  void streamBeginsWithWhatIsNotAcknowledged() {
    chats.create(room, jason, jeff);
    IntStream.range(0, 100).forEach(i -> chats.send(room, jason, "m" + i));
    chats.ack(jeff, room, 30);

    Listening listening = listen(jeff);
    IntStream.range(100, 110).forEach(i -> chats.send(room, jason, "m" + i));

    listening.awaitBodies(room, 80);
    assertThat(listening.bodies(room)).containsExactlyElementsOf(numbered(30, 110));
    assertThat(listening.gaps()).isEmpty();
  }

  @Test
  void streamGoesOnFromItsCursorWhateverWasAcknowledged() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    IntStream.range(0, 10).forEach(i -> chats.send(room, jason, "m" + i));
    listening.awaitBodies(room, 10);
    listening.close();
    IntStream.range(10, 20).forEach(i -> chats.send(room, jason, "m" + i));
    chats.ack(jeff, room, 15);

    Listening rest = open(TestServer.first(), jeff, listening.cursor());

    rest.awaitBodies(room, 10);
    assertThat(rest.bodies(room)).containsExactlyElementsOf(numbered(10, 20));
  }

  @Test
  void chatsJoinedLaterShowUpInTheOpenStream() {
    Listening listening = listen(jeff);
    chats.create(room, jason);
    chats.send(room, jason, "before");

    chats.join(room, jeff);
    chats.send(room, jason, "after");
    chats.stub.create(
        CreateRequest.newBuilder()
            .setChatId(room + "2")
            .setActor(jason)
            .addUsers(jeff)
            .setFirstMessage("hi")
            .build());

    listening.awaitBodies(room, 1);
    listening.awaitBodies(room + "2", 1);
    assertThat(listening.bodies(room)).containsExactly("after");
    assertThat(listening.events(room).get(0).getMemberJoined().getUser()).isEqualTo(jeff);
    assertThat(listening.events(room + "2").get(0).getMemberJoined().getUser()).isEqualTo(jeff);
    assertThat(listening.bodies(room + "2")).containsExactly("hi");
  }

  @Test
  void whoHasLeftOrWasKickedHearsNothingMore() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    Listening witness = listen(jason);
    chats.send(room, jason, "one");
    chats.stub.kick(KickRequest.newBuilder().setChatId(room).setActor(jason).setUser(jeff).build());
    chats.send(room, jason, "two");
    chats.join(room, jeff);
    chats.send(room, jason, "three");
    chats.leave(room, jeff);
    chats.send(room, jason, "four");

    witness.awaitBodies(room, 4);
    Eventually.until(
        Listening.PATIENCE,
        "it is told both ends",
        () -> listening.events(room).stream().filter(Event::hasMemberLeft).count() == 2);
    listening.close();
    assertThat(listening.bodies(room)).containsExactly("one", "three");
    assertThat(listening.events(room))
        .filteredOn(Event::hasMemberLeft)
        .extracting(event -> event.getMemberLeft().getActor())
        .containsExactly(jason, "");

    Listening again = open(TestServer.second(), jeff, listening.cursor());
    chats.send(room, jason, "five");
    witness.awaitBodies(room, 5);
    again.close();
    assertThat(again.told()).isEmpty();
  }

  @Test
  void whatElseHappensIsToldInItsPlace() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    chats.send(room, jason, "one");
    chats.stub.edit(
        EditRequest.newBuilder()
            .setChatId(room)
            .setActor(jason)
            .setMessageId(1)
            .setBody("uno")
            .build());
    chats.stub.setRole(
        SetRoleRequest.newBuilder()
            .setChatId(room)
            .setActor(jason)
            .setUser(jeff)
            .setRole(Role.ROLE_MODERATOR)
            .build());
    chats.join(room, "michelle");
    chats.stub.delete(
        DeleteRequest.newBuilder().setChatId(room).setActor(jason).setMessageId(1).build());

    listening.await(room, "the deletion is told", Event::hasMessageDeleted);
    List<Event> events =
        listening.events(room).stream().filter(event -> !isJoinedOf(event, jeff)).toList();
    // Who is slow may find the edit void, because the message was deleted meanwhile.
    assertThat(events)
        .filteredOn(event -> !event.hasMessageEdited())
        .extracting(Event::getEventCase)
        .containsExactly(
            Event.EventCase.MESSAGE,
            Event.EventCase.ROLE_CHANGED,
            Event.EventCase.MEMBER_JOINED,
            Event.EventCase.MESSAGE_DELETED);
    assertThat(events)
        .filteredOn(Event::hasMessageEdited)
        .allSatisfy(event -> assertThat(event.getMessageEdited().getBody()).isEqualTo("uno"));
    Event deleted = events.get(events.size() - 1);
    assertThat(deleted.getMessageDeleted().getMessageId()).isEqualTo(1);
    assertThat(deleted.getMessageDeleted().getBody()).isEmpty();
  }

  @Test
  void editIsToldWithWhatTheMessageSaysNow() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    chats.send(room, jason, "one");
    chats.stub.edit(
        EditRequest.newBuilder()
            .setChatId(room)
            .setActor(jason)
            .setMessageId(1)
            .setBody("uno")
            .build());

    listening.await(room, "the edit is told", Event::hasMessageEdited);
    Event edit =
        listening.events(room).stream().filter(Event::hasMessageEdited).findFirst().orElseThrow();
    assertThat(edit.getMessageEdited().getMessageId()).isEqualTo(1);
    assertThat(edit.getMessageEdited().getBody()).isEqualTo("uno");
    assertThat(edit.getMessageEdited().getSender()).isEqualTo(jason);
    assertThat(edit.getMessageEdited().getEditTime()).isEqualTo(edit.getTime());
  }

  @Test
  void signalsReachTheOthersAndAreNotKept() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    Listening own = listen(jason);

    // Nothing is kept, so it is told until somebody hears it.
    Eventually.until(
        Listening.PATIENCE,
        "it is heard",
        () -> {
          chats.stub.signal(signal(jason, Activity.ACTIVITY_TYPING));
          return listening.told().stream().anyMatch(SubscribeResponse::hasSignal);
        });

    SubscribeResponse heard =
        listening.told().stream().filter(SubscribeResponse::hasSignal).findFirst().orElseThrow();
    assertThat(heard.getSignal().getUser()).isEqualTo(jason);
    assertThat(heard.getSignal().getChatId()).isEqualTo(room);
    assertThat(heard.getSignal().getActivity()).isEqualTo(Activity.ACTIVITY_TYPING);
    assertThat(own.told()).noneMatch(SubscribeResponse::hasSignal);
    Listening late = listen(jeff);
    chats.send(room, jason, "hi");
    late.awaitBodies(room, 1);
    assertThat(late.told()).noneMatch(SubscribeResponse::hasSignal);
  }

  @Test
  void whatIsKeptNoLongerIsToldAsAGap() {
    chats.stub.create(Chats.plan(room, jason, jeff).setMaxMessages(10).build());
    Listening early = listen(jeff);
    chats.send(room, jason, "m0");
    early.awaitBodies(room, 1);
    early.close();
    IntStream.range(1, 100).forEach(i -> chats.send(room, jason, "m" + i));

    Listening resumed = open(TestServer.second(), jeff, early.cursor());
    Listening fresh = listen(jason);

    resumed.awaitBodies(room, 10);
    assertThat(resumed.bodies(room)).containsExactlyElementsOf(numbered(90, 100));
    assertThat(resumed.gaps())
        .extracting(Gap::getName, Gap::getFirstMissed, Gap::getLastMissed)
        .containsExactly(tuple(room, 2L, 90L));
    fresh.awaitBodies(room, 10);
    assertThat(fresh.gaps())
        .extracting(Gap::getName, Gap::getFirstMissed, Gap::getLastMissed)
        .containsExactly(tuple(room, 1L, 90L));
  }

  @Test
  void streamThatIsNotReadCostsNothingAndGoesOnWhereItWas() {
    chats.stub.create(Chats.plan(room, jason, jeff).build());
    Listening slow =
        Listening.begin(
            TestServer.second().channel(), SubscribeRequest.newBuilder().setUser(jeff), 1);
    open.add(slow);
    slow.awaitStart();
    Listening quick = listen(jason);
    String body = "x".repeat(40_000);

    IntStream.range(0, 60).forEach(i -> chats.send(room, jason, i + body));
    quick.awaitBodies(room, 60);
    assertThat(slow.told()).isEmpty();

    slow.read(Integer.MAX_VALUE - 1);
    slow.awaitBodies(room, 60);
    assertThat(slow.bodies(room)).containsExactlyElementsOf(quick.bodies(room));
    assertThat(slow.gaps()).isEmpty();
  }

  @Test
  void streamBehindWhatIsKeptStillLearnsThatItsUserWasKicked() {
    chats.stub.create(Chats.plan(room, jason, jeff).setMaxMessages(100).build());
    Listening slow =
        Listening.begin(
            TestServer.second().channel(), SubscribeRequest.newBuilder().setUser(jeff), 1);
    open.add(slow);
    slow.awaitStart();
    String body = "x".repeat(60_000);
    IntStream.range(0, 30).forEach(i -> chats.send(room, jason, i + body));
    chats.stub.kick(KickRequest.newBuilder().setChatId(room).setActor(jason).setUser(jeff).build());
    IntStream.range(0, 110).forEach(i -> chats.send(room, jason, "secret"));

    slow.read(Integer.MAX_VALUE - 1);

    slow.await(room, "it is told", Event::hasMemberLeft);
    assertThat(slow.bodies(room)).noneMatch(text -> text.startsWith("secret"));
  }

  @Test
  void slowStreamIsLetGoWhenItAskedForThat() throws Exception {
    chats.create(room, jason, jeff);
    Listening slow =
        Listening.begin(
            TestServer.second().channel(),
            SubscribeRequest.newBuilder()
                .setUser(jeff)
                .setSlowReader(SlowReader.SLOW_READER_DISCONNECT),
            1);
    open.add(slow);
    slow.awaitStart();
    Listening quick = open(TestServer.second(), jason, "");
    String body = "x".repeat(60_000);
    IntStream.range(0, 60).forEach(i -> chats.send(room, jason, i + body));
    quick.awaitBodies(room, 60);
    // Once its server has read on, it has seen that the slow one is behind.
    IntStream.range(60, 65).forEach(i -> chats.send(room, jason, i + body));
    quick.awaitBodies(room, 65);

    slow.read(Integer.MAX_VALUE - 1);
    assertThat(slow.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.OK);
    SubscribeResponse last = slow.told().get(slow.told().size() - 1);
    assertThat(last.getReconnect().getReason())
        .isEqualTo(ReconnectReason.RECONNECT_REASON_SLOW_READER);
    int had = slow.bodies(room).size();
    Listening rest = open(TestServer.second(), jeff, slow.cursor());
    rest.awaitBodies(room, 65 - had);
    assertThat(rest.bodies(room)).hasSize(65 - had);
  }

  @Test
  void drainingServerSendsItsStreamsAway() throws Exception {
    chats.create(room, jason, jeff);
    TestServer leaving = TestServer.onSharedRedis();
    Listening listening = open(leaving, jeff, "");
    chats.send(room, jason, "one");
    listening.awaitBodies(room, 1);

    leaving.server().close();

    assertThat(listening.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.OK);
    SubscribeResponse last = listening.told().get(listening.told().size() - 1);
    assertThat(last.getReconnect().getReason())
        .isEqualTo(ReconnectReason.RECONNECT_REASON_DRAINING);
    chats.send(room, jason, "two");
    Listening rest = open(TestServer.first(), jeff, last.getReconnect().getCursor());
    rest.awaitBodies(room, 1);
    assertThat(rest.bodies(room)).containsExactly("two");
  }

  @Test
  void userOfManyChatsIsToldOfAllOfThem() {
    for (int i = 0; i < 60; i++) {
      chats.create(room + i, jason, jeff);
    }
    Listening listening = listen(jeff);
    for (int i = 0; i < 60; i++) {
      chats.send(room + i, jason, "m" + i);
    }
    for (int i = 0; i < 60; i++) {
      listening.awaitBodies(room + i, 1);
    }
    listening.close();
    chats.send(room + 7, jason, "last");
    Listening rest = open(TestServer.first(), jeff, listening.cursor());
    rest.awaitBodies(room + 7, 1);
    assertThat(rest.told()).hasSize(1);
  }

  @Test
  void chatThatRedisLostIsToldToHaveEnded() {
    chats.create(room, jason, jeff);
    Listening listening = listen(jeff);
    chats.send(room, jason, "one");
    listening.awaitBodies(room, 1);
    TestRedis.clear();

    chats.create(room, jason, jeff);
    chats.send(room, jason, "two");

    Eventually.until(
        Listening.PATIENCE, "it goes on", () -> listening.bodies(room).contains("two"));
    assertThat(listening.bodies(room)).containsExactly("one", "two");
  }

  @Test
  void malformedCursorIsRefused() throws Exception {
    for (String cursor : List.of("?", "AA", "x".repeat(50))) {
      Listening listening =
          Listening.begin(
              TestServer.first().channel(),
              SubscribeRequest.newBuilder().setUser(jeff).setCursor(cursor),
              1);
      open.add(listening);
      assertThat(listening.end().get(60, TimeUnit.SECONDS).getCode())
          .isEqualTo(Code.INVALID_ARGUMENT);
    }
  }

  @Test
  void streamOfAUserWithoutChatsIsAlive() {
    Listening listening = listen("nobody " + System.nanoTime());
    assertThat(listening.cursor()).isNotEmpty();
    assertThat(listening.told()).isEmpty();
  }

  private Listening listen(String user) {
    return open(TestServer.second(), user, "");
  }

  private Listening open(TestServer server, String user, String cursor) {
    Listening listening = Listening.open(server.channel(), user, cursor);
    open.add(listening);
    return listening;
  }

  private SignalRequest signal(String user, Activity activity) {
    return SignalRequest.newBuilder().setChatId(room).setUser(user).setActivity(activity).build();
  }

  private static boolean isJoinedOf(Event event, String user) {
    return event.getMemberJoined().getUser().equals(user);
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "m" + i).toList();
  }
}
