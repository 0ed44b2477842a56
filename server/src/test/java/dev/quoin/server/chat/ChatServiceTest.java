// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.util.Durations;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.CreateResponse;
import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.EditRequest;
import dev.quoin.chat.v1.FetchPendingRequest;
import dev.quoin.chat.v1.FetchPendingResponse;
import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.ListChatsRequest;
import dev.quoin.chat.v1.ListChatsResponse.Membership;
import dev.quoin.chat.v1.ListMembersRequest;
import dev.quoin.chat.v1.ListMembersResponse.Member;
import dev.quoin.chat.v1.ListMessagesRequest;
import dev.quoin.chat.v1.ListMessagesResponse;
import dev.quoin.chat.v1.ListRequest;
import dev.quoin.chat.v1.ListResponse;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.Role;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SetRoleRequest;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class ChatServiceTest {
  private final Chats chats = new Chats(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void chatsOfANamespaceAreListedByTheirIds() {
    String prefix = "listed " + System.nanoTime() + " ";
    for (int i = 0; i < 5; i++) {
      chats.create(prefix + i, "ann", "bob");
    }
    chats.send(prefix + 1, "ann", "hi");
    chats.leave(prefix + 2, "ann");
    chats.leave(prefix + 2, "bob");

    List<ListResponse.Summary> listed =
        chats.stub.list(ListRequest.newBuilder().setPrefix(prefix).build()).getChatsList();

    assertThat(listed)
        .extracting(ListResponse.Summary::getChatId)
        .containsExactly(prefix + 0, prefix + 1, prefix + 3, prefix + 4);
    assertThat(listed).allSatisfy(chat -> assertThat(chat.getMemberCount()).isEqualTo(2));
    assertThat(listed.get(0).getNewestMessageId()).isZero();
    assertThat(listed.get(0).getUpdateTime()).isEqualTo(listed.get(0).getCreateTime());
    assertThat(listed.get(1).getNewestMessageId()).isEqualTo(1);
  }

  @Test
  void chatThatBeganAnewIsListedAgain() {
    String id = "again " + System.nanoTime();
    ListRequest all = ListRequest.newBuilder().setPrefix(id).build();
    chats.create(id, "ann");
    chats.leave(id, "ann");
    assertThat(chats.stub.list(all).getChatsList()).isEmpty();

    chats.create(id, "ann");

    assertThat(chats.stub.list(all).getChatsList())
        .extracting(ListResponse.Summary::getChatId)
        .containsExactly(id);
  }

  @Test
  void chatBeginsWithItsMembersAndTheFirstMessagePendingForAll() {
    CreateResponse created =
        chats.stub.create(
            Chats.plan("c", "jason", "jeff", "jason", "jeff").setFirstMessage("hi").build());

    assertThat(created.getChatId()).isEqualTo("c");
    assertThat(created.getMessageId()).isEqualTo(1);
    assertThat(chats.members("c", "jeff"))
        .extracting(Member::getUser, Member::getRole, Member::getAcknowledgedMessageId)
        .containsExactly(tuple("jason", Role.ROLE_OWNER, 0L), tuple("jeff", Role.ROLE_MEMBER, 0L));
    assertThat(chats.pendingBodies("jason")).containsExactly("hi");
    assertThat(chats.pendingBodies("jeff")).containsExactly("hi");
    Message message = chats.pending("jeff").get(0).getMessages(0);
    assertThat(message.getSender()).isEqualTo("jason");
    assertThat(message.getCreateTime()).isEqualTo(created.getCreateTime());
  }

  @Test
  void chatWithoutAnIdGetsOneOfItsOwn() {
    CreateRequest request = CreateRequest.newBuilder().setActor("jason").build();

    CreateResponse one = chats.stub.create(request);
    CreateResponse two = chats.stub.create(request);

    assertThat(one.getChatId()).hasSizeGreaterThan(20).isNotEqualTo(two.getChatId());
    assertThat(one.getMessageId()).isZero();
    assertThat(chats.list("jason"))
        .extracting(Membership::getChatId)
        .containsExactly(one.getChatId(), two.getChatId());
  }

  @TestFactory
  Stream<DynamicTest> requestIdsOfCreate() {
    return RequestIdKit.tests(
        ChatGrpc.getCreateMethod(),
        name -> CreateRequest.newBuilder().setActor("jason").addUsers(name).setFirstMessage("hi"),
        request -> request.setFirstMessage("ho"),
        name -> chats.pending(name));
  }

  @Test
  void chatThatIsThereIsNotCreatedByAnotherRequest() {
    CreateRequest request = Chats.plan("c", "jason").setRequestId("r").build();
    assertThat(chats.stub.create(request)).isEqualTo(chats.stub.create(request));

    Refused exists =
        Refused.by(() -> chats.stub.create(request.toBuilder().setRequestId("s").build()));

    assertThat(exists.reason()).isEqualTo("CHAT_EXISTS");
    assertThat(exists.code()).isEqualTo(Code.ALREADY_EXISTS);
  }

  @Test
  void messagesOfAChatAreNumberedWithoutAHole() {
    chats.create("c", "jason", "jeff");

    List<Long> numbers =
        LongStream.rangeClosed(1, 20)
            .mapToObj(
                i -> {
                  if (i == 7) {
                    chats.join("c", "michelle");
                    chats.leave("c", "michelle");
                  }
                  return chats.send("c", i % 2 == 0 ? "jason" : "jeff", "m" + i);
                })
            .toList();

    assertThat(numbers).containsExactlyElementsOf(LongStream.rangeClosed(1, 20).boxed().toList());
    assertThat(chats.pendingBodies("jason"))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, 20).mapToObj(i -> "m" + i).toList());
  }

  @Test
  void whoJoinsBeginsWithWhatIsSentFromThenOn() {
    chats.create("c", "jason");
    chats.send("c", "jason", "before");

    assertThat(chats.join("c", "jeff")).isTrue();
    assertThat(chats.join("c", "jeff")).isFalse();
    chats.send("c", "jason", "after");

    assertThat(chats.pendingBodies("jeff")).containsExactly("after");
    assertThat(chats.history("c", "jeff")).extracting(Message::getBody).containsExactly("after");
    assertThat(chats.list("jeff").get(0).getUnread()).isEqualTo(1);
  }

  @Test
  void fetchingChangesNothingUntilItIsAcknowledged() {
    chats.create("c", "jason", "jeff");
    IntStream.range(0, 5).forEach(i -> chats.send("c", "jason", "m" + i));

    assertThat(chats.pendingBodies("jeff")).hasSize(5);
    assertThat(chats.pendingBodies("jeff")).hasSize(5);
    assertThat(chats.ack("jeff", "c", 3).getUnread()).isEqualTo(2);
    assertThat(chats.pendingBodies("jeff")).containsExactly("m3", "m4");
    assertThat(chats.members("c", "jason"))
        .extracting(Member::getAcknowledgedMessageId)
        .containsExactly(0L, 3L);
  }

  @Test
  void acknowledgementNeverGoesBackNorBeyondTheNewest() {
    chats.create("c", "jason", "jeff");
    IntStream.range(0, 5).forEach(i -> chats.send("c", "jason", "m" + i));

    assertThat(chats.ack("jeff", "c", 4).getMessageId()).isEqualTo(4);
    assertThat(chats.ack("jeff", "c", 2).getMessageId()).isEqualTo(4);
    assertThat(chats.ack("jeff", "c", 1_000).getMessageId()).isEqualTo(5);
    chats.send("c", "jason", "m5");
    assertThat(chats.pendingBodies("jeff")).containsExactly("m5");
  }

  @Test
  void acknowledgementDoesNotBringBackWhoHasLeft() {
    chats.create("c", "jason", "jeff");
    chats.send("c", "jason", "hi");
    assertThat(chats.leave("c", "jeff")).isTrue();
    assertThat(chats.leave("c", "jeff")).isFalse();

    assertThat(chats.ack("jeff", "c", 1).getMember()).isFalse();
    assertThat(chats.ack("jeff", "nowhere", 1).getMember()).isFalse();

    assertThat(chats.members("c", "jason")).extracting(Member::getUser).containsExactly("jason");
    assertThat(chats.list("jeff")).isEmpty();
    assertThat(chats.pending("jeff")).isEmpty();
  }

  @Test
  void leavingKeepsTheOthersAndWhatTheyHaveNotSeen() {
    chats.create("c", "jason", "jeff", "jenny", "michelle");
    IntStream.range(0, 6).forEach(i -> chats.send("c", "jason", "m" + i));
    chats.ack("jason", "c", 6);
    chats.ack("jeff", "c", 5);
    chats.ack("jenny", "c", 5);

    chats.leave("c", "michelle");

    assertThat(chats.members("c", "jeff"))
        .extracting(Member::getUser)
        .containsExactly("jason", "jeff", "jenny");
    assertThat(chats.pendingBodies("jeff")).containsExactly("m5");
  }

  @Test
  void chatsWithoutNewsAreNotPending() {
    chats.create("quiet", "jason");
    chats.create("loud", "jason");
    chats.send("loud", "jason", "hi");

    assertThat(chats.pending("jason"))
        .extracting(FetchPendingResponse.PendingChat::getChatId)
        .containsExactly("loud");
    assertThat(chats.pending("nobody")).isEmpty();
  }

  @Test
  void chatThatIsNotThereCannotBeJoinedNorUsed() {
    assertThat(Refused.by(() -> chats.join("c", "jeff")).reason()).isEqualTo("CHAT_NOT_FOUND");
    assertThat(Refused.by(() -> chats.send("c", "jeff", "hi")).code()).isEqualTo(Code.NOT_FOUND);
    assertThat(Refused.by(() -> chats.history("c", "jeff")).reason()).isEqualTo("CHAT_NOT_FOUND");
    assertThat(Refused.by(() -> chats.members("c", "jeff")).reason()).isEqualTo("CHAT_NOT_FOUND");
    assertThat(chats.leave("c", "jeff")).isFalse();
    assertThat(chats.list("jeff")).isEmpty();
  }

  @Test
  void onlyMembersReadAndSend() {
    chats.create("c", "jason");
    chats.send("c", "jason", "secret");

    Refused refused = Refused.by(() -> chats.send("c", "eve", "hi"));
    assertThat(refused.reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(refused.code()).isEqualTo(Code.PERMISSION_DENIED);
    assertThat(Refused.by(() -> chats.history("c", "eve")).reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(Refused.by(() -> chats.members("c", "eve")).reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(Refused.by(() -> edit("eve", 1, "mine")).reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(Refused.by(() -> delete("eve", 1)).reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(Refused.by(() -> kick("eve", "jason")).reason()).isEqualTo("CHAT_NOT_MEMBER");
    assertThat(chats.pending("eve")).isEmpty();
  }

  @Test
  void messageOfAnIdIsSentOnce() {
    chats.create("c", "jason", "jeff");
    SendRequest request =
        Chats.message("c", "jason", "hi")
            .setClientMessageId("1")
            .putAttributes("a", "1")
            .putAttributes("b", "2")
            .build();

    assertThat(chats.stub.send(request)).isEqualTo(chats.stub.send(request));
    assertThat(chats.pendingBodies("jeff")).containsExactly("hi");
    assertThat(chats.pending("jeff").get(0).getMessages(0).getAttributesMap())
        .containsEntry("a", "1")
        .containsEntry("b", "2");
    // The id is the sender's.
    assertThat(chats.stub.send(request.toBuilder().setSender("jeff").build()).getMessageId())
        .isEqualTo(2);
  }

  @TestFactory
  Stream<DynamicTest> idsOfMessages() {
    return RequestIdKit.tests(
        ChatGrpc.getSendMethod(),
        name -> {
          chats.create(name, "jason", "jeff");
          return Chats.message(name, "jason", "hi");
        },
        request -> request.setBody("ho"),
        name -> chats.history(name, "jeff"));
  }

  @Test
  void messageOfAnEarlierChatIsSentToTheOneThatFollowsIt() {
    chats.create("c", "jason");
    SendRequest request = Chats.message("c", "jason", "hi").setClientMessageId("1").build();
    chats.stub.send(request);
    chats.leave("c", "jason");

    chats.create("c", "jason", "jeff");
    assertThat(chats.stub.send(request).getMessageId()).isEqualTo(2);
    assertThat(chats.stub.send(request).getMessageId()).isEqualTo(2);
    assertThat(chats.pendingBodies("jeff")).containsExactly("hi");
  }

  @Test
  void whoAnswersCanAcknowledgeWithIt() {
    chats.create("c", "jason", "jeff");
    chats.send("c", "jason", "hi");
    chats.stub.send(Chats.message("c", "jeff", "ho").setAcknowledge(true).build());

    assertThat(chats.pending("jeff")).isEmpty();
    assertThat(chats.pendingBodies("jason")).containsExactly("hi", "ho");
  }

  @Test
  void editedMessageKeepsItsNumberAndSaysSomethingElse() {
    chats.create("c", "jason", "jeff");
    chats.send("c", "jason", "one");
    chats.send("c", "jason", "two");

    edit("jason", 1, "uno");
    edit("jason", 1, "UNO");

    Message edited = chats.history("c", "jeff").get(0);
    assertThat(edited.getMessageId()).isEqualTo(1);
    assertThat(edited.getBody()).isEqualTo("UNO");
    assertThat(edited.hasEditTime()).isTrue();
    assertThat(chats.pendingBodies("jeff")).containsExactly("UNO", "two");
    assertThat(chats.list("jeff").get(0).getUnread()).isEqualTo(2);

    assertThat(Refused.by(() -> edit("jeff", 1, "mine")).reason()).isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> edit("jason", 3, "x")).reason())
        .isEqualTo("CHAT_MESSAGE_NOT_FOUND");
    assertThat(logText()).doesNotContain("uno");
  }

  @Test
  void editKeepsWhatTheSenderGaveWithTheMessage() {
    chats.create("c", "jason", "jeff");
    for (String id : List.of("1", "B2", "\"", "x".repeat(26), "y".repeat(127), "z".repeat(128))) {
      SendRequest request =
          Chats.message("c", "jason", "one").setClientMessageId(id).putAttributes("a", "1").build();
      long number = chats.stub.send(request).getMessageId();
      edit("jason", number, "uno");
      long length = TestRedis.commands().llen(key("log"));

      Message edited = chats.history("c", "jeff").get((int) number - 1);
      assertThat(edited.getBody()).isEqualTo("uno");
      assertThat(edited.getAttributesMap()).isEmpty();
      assertThat(edited.getClientMessageId()).isEqualTo(id);
      edit("jason", number, "uno");
      assertThat(TestRedis.commands().llen(key("log"))).isEqualTo(length);
    }
  }

  @Test
  void sameEditAgainChangesNothing() {
    chats.create("c", "jason");
    chats.send("c", "jason", "one");
    edit("jason", 1, "uno");
    long length = TestRedis.commands().llen(key("log"));

    edit("jason", 1, "uno");

    assertThat(TestRedis.commands().llen(key("log"))).isEqualTo(length);
  }

  @Test
  void deletedMessageLeavesATombstoneAndNoTrace() {
    chats.create("c", "jason", "jeff", "jenny");
    chats.send("c", "jeff", "password");
    edit("jeff", 1, "passw0rd");
    chats.send("c", "jason", "two");

    var first = delete("jeff", 1);
    assertThat(delete("jeff", 1)).isEqualTo(first);

    Message tombstone = chats.history("c", "jason").get(0);
    assertThat(tombstone.getMessageId()).isEqualTo(1);
    assertThat(tombstone.getSender()).isEqualTo("jeff");
    assertThat(tombstone.getBody()).isEmpty();
    assertThat(tombstone.getDeleteTime()).isEqualTo(first);
    assertThat(logText()).doesNotContain("passw");
    assertThat(Refused.by(() -> edit("jeff", 1, "again")).reason())
        .isEqualTo("CHAT_MESSAGE_NOT_FOUND");
    assertThat(Refused.by(() -> delete("jeff", 2)).reason()).isEqualTo("CHAT_NOT_ALLOWED");
    // The owner deletes anybody's.
    chats.send("c", "jenny", "three");
    delete("jason", 3);
    assertThat(chats.history("c", "jason").get(2).getBody()).isEmpty();
  }

  @Test
  void rolesDecideWhoKicksWhom() {
    chats.create("c", "owner", "mod", "ann", "bob");
    assertThat(Refused.by(() -> kick("ann", "bob")).reason()).isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> setRole("ann", "bob", Role.ROLE_MODERATOR)).reason())
        .isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> setRole("owner", "eve", Role.ROLE_MODERATOR)).reason())
        .isEqualTo("CHAT_NOT_MEMBER");

    assertThat(setRole("owner", "mod", Role.ROLE_MODERATOR)).isTrue();
    assertThat(setRole("owner", "mod", Role.ROLE_MODERATOR)).isFalse();
    assertThat(kick("mod", "bob")).isTrue();
    assertThat(kick("mod", "bob")).isFalse();
    assertThat(Refused.by(() -> kick("mod", "owner")).reason()).isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> setRole("mod", "ann", Role.ROLE_MODERATOR)).reason())
        .isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> setRole("owner", "owner", Role.ROLE_MEMBER)).reason())
        .isEqualTo("CHAT_NOT_ALLOWED");
    assertThat(Refused.by(() -> kick("owner", "owner")).fields()).containsExactly("user");

    assertThat(chats.members("c", "ann"))
        .extracting(Member::getUser, Member::getRole)
        .containsExactly(
            tuple("ann", Role.ROLE_MEMBER),
            tuple("mod", Role.ROLE_MODERATOR),
            tuple("owner", Role.ROLE_OWNER));
    assertThat(chats.list("bob")).isEmpty();
  }

  @Test
  void officeOfTheLastOwnerGoesToTheOldestModeratorOrSomeMember() {
    chats.create("c", "owner", "ann", "bob", "zoe");
    setRole("owner", "zoe", Role.ROLE_MODERATOR);
    setRole("owner", "bob", Role.ROLE_MODERATOR);

    chats.leave("c", "owner");
    assertThat(role("zoe")).isEqualTo(Role.ROLE_OWNER);
    chats.leave("c", "zoe");
    assertThat(role("bob")).isEqualTo(Role.ROLE_OWNER);
    chats.leave("c", "bob");
    assertThat(role("ann")).isEqualTo(Role.ROLE_OWNER);
  }

  @Test
  void lastMemberTakesEverythingAwayButTheCounters() {
    chats.create("c", "jason", "jeff");
    chats.send("c", "jason", "hi");
    chats.send("c", "jeff", "ho");
    chats.leave("c", "jason");
    chats.leave("c", "jeff");

    assertThat(TestRedis.commands().keys("quoin:default:chat:{c}:*")).containsExactly(key("head"));
    assertThat(TestRedis.commands().pttl(key("head"))).isBetween(34_000_000_000L, 34_560_000_000L);
    assertThat(Refused.by(() -> chats.join("c", "jeff")).reason()).isEqualTo("CHAT_NOT_FOUND");

    chats.create("c", "jenny");
    assertThat(chats.send("c", "jenny", "again")).isEqualTo(3);
    assertThat(TestRedis.commands().pttl(key("head"))).isEqualTo(-1);
    assertThat(chats.pendingBodies("jenny")).containsExactly("again");
  }

  @Test
  void historyIsReadInPagesInBothDirections() {
    chats.create("c", "jason", "jeff");
    for (int i = 1; i <= 60; i++) {
      chats.send("c", "jason", "m" + i);
      if (i % 3 == 0) {
        edit("jason", i, "M" + i);
      }
    }

    List<Long> forward = new ArrayList<>();
    ListMessagesResponse page;
    long after = 0;
    do {
      page = history(ListMessagesRequest.newBuilder().setAfterMessageId(after).setMaxItems(7));
      page.getMessagesList().forEach(message -> forward.add(message.getMessageId()));
      after = forward.get(forward.size() - 1);
    } while (page.getMore());
    assertThat(forward).containsExactlyElementsOf(LongStream.rangeClosed(1, 60).boxed().toList());

    List<Long> backward = new ArrayList<>();
    page = history(ListMessagesRequest.newBuilder().setMaxItems(7));
    assertThat(page.getMessages(6).getBody()).isEqualTo("M60");
    while (true) {
      page.getMessagesList().stream()
          .sorted((a, b) -> Long.compare(b.getMessageId(), a.getMessageId()))
          .forEach(message -> backward.add(message.getMessageId()));
      if (!page.getMore()) {
        break;
      }
      long before = backward.get(backward.size() - 1);
      page = history(ListMessagesRequest.newBuilder().setBeforeMessageId(before).setMaxItems(7));
    }
    assertThat(backward)
        .containsExactlyElementsOf(LongStream.rangeClosed(1, 60).mapToObj(i -> 61 - i).toList());
    assertThat(history(ListMessagesRequest.newBuilder().setBeforeMessageId(1)).getMessagesList())
        .isEmpty();
    assertThat(history(ListMessagesRequest.newBuilder().setAfterMessageId(60)).getMore()).isFalse();
  }

  @Test
  void listsAreInOrderWithoutWhatIsOver() {
    for (int i = 0; i < 5; i++) {
      chats.create("c" + i, "jason", "b:{}", "a");
      chats.send("c" + i, "jason", "m" + i);
    }
    chats.leave("c2", "jason");

    assertThat(chats.list("jason"))
        .extracting(Membership::getChatId)
        .containsExactly("c0", "c1", "c3", "c4");
    assertThat(chats.pending("jason"))
        .extracting(chat -> chat.getMessages(0).getBody())
        .containsExactly("m0", "m1", "m3", "m4");
    assertThat(chats.members("c0", "a"))
        .extracting(Member::getUser)
        .containsExactly("a", "b:{}", "jason");
  }

  @TestFactory
  Stream<DynamicTest> pagesOfChats() {
    return PagingKit.tests(
        ChatGrpc.getListMethod(),
        ListRequest.newBuilder().setPrefix("page/"),
        ListRequest.newBuilder(),
        i -> chats.create("page/" + i, "jason"));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfTheChatsOfAUser() {
    return PagingKit.tests(
        ChatGrpc.getListChatsMethod(),
        ListChatsRequest.newBuilder().setUser("jason"),
        ListChatsRequest.newBuilder().setUser("jeff"),
        i -> chats.create("c" + i, "jason"));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfPendingMessages() {
    return PagingKit.tests(
        ChatGrpc.getFetchPendingMethod(),
        FetchPendingRequest.newBuilder().setUser("jason"),
        FetchPendingRequest.newBuilder().setUser("jeff"),
        i -> {
          chats.create("c" + i, "jason");
          chats.send("c" + i, "jason", "hi");
        });
  }

  @TestFactory
  Stream<DynamicTest> pagesOfMembers() {
    chats.create("c", "0");
    chats.create("d", "0");
    return PagingKit.tests(
        ChatGrpc.getListMembersMethod(),
        ListMembersRequest.newBuilder().setChatId("c").setActor("0"),
        ListMembersRequest.newBuilder().setChatId("d").setActor("0"),
        i -> chats.join("c", "" + i));
  }

  @Test
  void pendingMessagesOfAChatAreLimitedInNumberAndBytes() {
    chats.create("c", "jason");
    IntStream.range(0, 30).forEach(i -> chats.send("c", "jason", "m" + i));
    assertThat(chats.pendingBodies("jason")).hasSize(20);
    assertThat(chats.pending("jason").get(0).getUnread()).isEqualTo(30);

    chats.create("big", "jeff");
    IntStream.range(0, 3).forEach(i -> chats.send("big", "jeff", "x".repeat(60_000)));
    assertThat(chats.pendingBodies("jeff")).hasSize(1);
  }

  @Test
  void chatHasAtMostTenThousandMembers() {
    chats.create("c", "jason");
    for (int i = 0; i < 9_999; i += 1_111) {
      Object[] pairs = new Object[2 * 1_111];
      for (int j = 0; j < 1_111; j++) {
        pairs[2 * j] = 0.0;
        pairs[2 * j + 1] = "u" + (i + j);
      }
      TestRedis.commands().zadd(key("seen"), pairs);
    }

    assertThat(Refused.by(() -> chats.join("c", "jeff")).reason()).isEqualTo("CHAT_FULL");
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    chats.create("c", "jason");
    io.grpc.Metadata headers = new io.grpc.Metadata();
    headers.put(
        io.grpc.Metadata.Key.of("quoin-namespace", io.grpc.Metadata.ASCII_STRING_MARSHALLER),
        "other");
    Chats other =
        new Chats(
            io.grpc.ClientInterceptors.intercept(
                TestServer.first().channel(),
                io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers)));

    assertThat(other.list("jason")).isEmpty();
    assertThat(Refused.by(() -> other.send("c", "jason", "hi")).reason())
        .isEqualTo("CHAT_NOT_FOUND");
  }

  @Test
  void limitsOfAChatAreChecked() {
    assertThat(
            Refused.by(
                    () ->
                        chats.stub.create(
                            Chats.plan("c", "jason").setMaxAge(Durations.fromMillis(1)).build()))
                .fields())
        .containsExactly("max_age");
    assertThat(Refused.by(() -> chats.send("c", "jason", "x".repeat(65_537))).fields())
        .containsExactly("body");
    assertThat(Refused.by(() -> chats.send("c\n", "jason", "x")).fields())
        .containsExactly("chat_id");
  }

  private static String key(String part) {
    return "quoin:default:chat:{c}:" + part;
  }

  private static String logText() {
    return String.join("\n", TestRedis.commands().lrange(key("log"), 0, -1));
  }

  private ListMessagesResponse history(ListMessagesRequest.Builder request) {
    return chats.stub.listMessages(request.setChatId("c").setActor("jeff").build());
  }

  private void edit(String sender, long message, String body) {
    chats.stub.edit(
        EditRequest.newBuilder()
            .setChatId("c")
            .setActor(sender)
            .setMessageId(message)
            .setBody(body)
            .build());
  }

  private com.google.protobuf.Timestamp delete(String user, long message) {
    return chats
        .stub
        .delete(
            DeleteRequest.newBuilder().setChatId("c").setActor(user).setMessageId(message).build())
        .getDeleteTime();
  }

  private boolean kick(String actor, String user) {
    return chats
        .stub
        .kick(KickRequest.newBuilder().setChatId("c").setActor(actor).setUser(user).build())
        .getKicked();
  }

  private boolean setRole(String actor, String user, Role role) {
    return chats
        .stub
        .setRole(
            SetRoleRequest.newBuilder()
                .setChatId("c")
                .setActor(actor)
                .setUser(user)
                .setRole(role)
                .build())
        .getChanged();
  }

  private Role role(String user) {
    return chats.members("c", user).stream()
        .filter(member -> member.getUser().equals(user))
        .findFirst()
        .orElseThrow()
        .getRole();
  }
}
