// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.AckRequest;
import dev.quoin.chat.v1.AckResponse;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.ChatGrpc.ChatBlockingStub;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.FetchPendingRequest;
import dev.quoin.chat.v1.FetchPendingResponse.PendingChat;
import dev.quoin.chat.v1.JoinRequest;
import dev.quoin.chat.v1.LeaveRequest;
import dev.quoin.chat.v1.ListChatsRequest;
import dev.quoin.chat.v1.ListChatsResponse.Membership;
import dev.quoin.chat.v1.ListMembersRequest;
import dev.quoin.chat.v1.ListMembersResponse.Member;
import dev.quoin.chat.v1.ListMessagesRequest;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.SendRequest;
import io.grpc.Channel;
import java.util.List;

/** The calls of Chat with what most tests give them. */
final class Chats {
  final ChatBlockingStub stub;

  Chats(Channel channel) {
    stub = ChatGrpc.newBlockingStub(channel);
  }

  void create(String chat, String creator, String... members) {
    stub.create(plan(chat, creator, members).build());
  }

  static CreateRequest.Builder plan(String chat, String creator, String... members) {
    return CreateRequest.newBuilder()
        .setChatId(chat)
        .setActor(creator)
        .addAllUsers(List.of(members));
  }

  boolean join(String chat, String user) {
    return stub.join(JoinRequest.newBuilder().setChatId(chat).setUser(user).build()).getJoined();
  }

  boolean leave(String chat, String user) {
    return stub.leave(LeaveRequest.newBuilder().setChatId(chat).setUser(user).build()).getLeft();
  }

  long send(String chat, String sender, String body) {
    return stub.send(message(chat, sender, body).build()).getMessageId();
  }

  static SendRequest.Builder message(String chat, String sender, String body) {
    return SendRequest.newBuilder().setChatId(chat).setSender(sender).setBody(body);
  }

  AckResponse.AcknowledgedChat ack(String user, String chat, long message) {
    return stub.ack(
            AckRequest.newBuilder()
                .setUser(user)
                .addPositions(
                    AckRequest.Position.newBuilder().setChatId(chat).setMessageId(message))
                .build())
        .getAcknowledgedChats(0);
  }

  List<PendingChat> pending(String user) {
    return stub.fetchPending(FetchPendingRequest.newBuilder().setUser(user).build())
        .getPendingChatsList();
  }

  /** What is pending in the only chat that has something; nothing when none has. */
  List<String> pendingBodies(String user) {
    return pending(user).stream()
        .flatMap(chat -> chat.getMessagesList().stream())
        .map(Message::getBody)
        .toList();
  }

  List<Membership> list(String user) {
    return stub.listChats(ListChatsRequest.newBuilder().setUser(user).build()).getMembershipsList();
  }

  List<Member> members(String chat, String user) {
    return stub.listMembers(ListMembersRequest.newBuilder().setChatId(chat).setActor(user).build())
        .getMembersList();
  }

  List<Message> history(String chat, String user) {
    return stub.listMessages(
            ListMessagesRequest.newBuilder().setChatId(chat).setActor(user).build())
        .getMessagesList();
  }
}
