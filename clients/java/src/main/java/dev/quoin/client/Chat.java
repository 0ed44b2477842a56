// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.AckRequest;
import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.CreateResponse;
import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.EditRequest;
import dev.quoin.chat.v1.FetchPendingRequest;
import dev.quoin.chat.v1.FetchPendingResponse;
import dev.quoin.chat.v1.FetchPendingResponse.Pending;
import dev.quoin.chat.v1.HistoryRequest;
import dev.quoin.chat.v1.HistoryResponse;
import dev.quoin.chat.v1.JoinRequest;
import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.LeaveRequest;
import dev.quoin.chat.v1.ListChatsRequest;
import dev.quoin.chat.v1.ListChatsResponse;
import dev.quoin.chat.v1.ListChatsResponse.Overview;
import dev.quoin.chat.v1.MembersRequest;
import dev.quoin.chat.v1.MembersResponse;
import dev.quoin.chat.v1.MembersResponse.Member;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.Role;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SendResponse;
import dev.quoin.chat.v1.SetRoleRequest;
import dev.quoin.chat.v1.SignalRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The chats of one user: rooms in which messages wait for every member.
 *
 * <p>What {@link #subscribe} or {@link #pending} bring is not acknowledged until {@link #ack} says
 * so; until then it comes again. All methods throw {@link UnavailableException} when no server, or
 * no Redis, could be reached, and {@link QuoinException} with a reason when a chat is not there or
 * does not let the user do it.
 */
public final class Chat {
  private static final int MEMBERS = 1_000;
  private static final int CHATS = 100;

  private final Link link;
  private final String user;

  Chat(Link link, String user) {
    this.link = link;
    this.user = user;
  }

  /** Makes a chat of this user, who owns it, and others, and returns its id. */
  public String create(String... members) {
    return create(CreateRequest.newBuilder().addAllMembers(List.of(members)).build());
  }

  /**
   * Makes a chat with an id, a first message or limits of its own, and returns its id.
   *
   * @param plan creator and request id are set here
   */
  public String create(CreateRequest plan) {
    CreateResponse response =
        Futures.await(
            link.call(ChatGrpc.getCreateMethod(), plan.toBuilder().setCreator(user).build()));
    return response.getChatId();
  }

  /** Becomes a member; tells whether this user was none. */
  public boolean join(String chat) {
    JoinRequest request = JoinRequest.newBuilder().setChatId(chat).setUser(user).build();
    return Futures.await(link.call(ChatGrpc.getJoinMethod(), request)).getJoined();
  }

  /** Ends the membership; tells whether there was one, as far as no answer was lost. */
  public boolean leave(String chat) {
    LeaveRequest request = LeaveRequest.newBuilder().setChatId(chat).setUser(user).build();
    return Futures.await(link.call(ChatGrpc.getLeaveMethod(), request)).getLeft();
  }

  /** Ends the membership of somebody else; tells whether there was one. */
  public boolean kick(String chat, String other) {
    return Futures.await(
            link.call(
                ChatGrpc.getKickMethod(),
                KickRequest.newBuilder().setChatId(chat).setActor(user).setUser(other).build()))
        .getKicked();
  }

  /** Gives a member a role; tells whether it had another one. */
  public boolean setRole(String chat, String member, Role role) {
    return Futures.await(
            link.call(
                ChatGrpc.getSetRoleMethod(),
                SetRoleRequest.newBuilder()
                    .setChatId(chat)
                    .setActor(user)
                    .setUser(member)
                    .setRole(role)
                    .build()))
        .getChanged();
  }

  /** Sends a message, once, and returns its number. */
  public long send(String chat, String body) {
    return Futures.await(sendAsync(SendRequest.newBuilder().setChatId(chat).setBody(body).build()));
  }

  /**
   * Sends a message without waiting for the answer, once.
   *
   * @param message the sender is set here, and an id when it has none
   * @return its number
   */
  public CompletableFuture<Long> sendAsync(SendRequest message) {
    SendRequest request = message.toBuilder().setSender(user).build();
    CompletableFuture<SendResponse> answer = link.call(ChatGrpc.getSendMethod(), request);
    return Futures.handOver(answer.thenApply(SendResponse::getMessageId), answer, number -> {});
  }

  /** Changes what a message of this user says. */
  public void edit(String chat, long message, String body) {
    Futures.await(
        link.call(
            ChatGrpc.getEditMethod(),
            EditRequest.newBuilder()
                .setChatId(chat)
                .setSender(user)
                .setMessageId(message)
                .setBody(body)
                .build()));
  }

  /** Deletes a message of this user, or anybody's in a chat in which it holds an office. */
  public void delete(String chat, long message) {
    Futures.await(
        link.call(
            ChatGrpc.getDeleteMethod(),
            DeleteRequest.newBuilder()
                .setChatId(chat)
                .setUser(user)
                .setMessageId(message)
                .build()));
  }

  /** Says that all messages up to one have been processed. */
  public void ack(String chat, long message) {
    AckRequest.Position position =
        AckRequest.Position.newBuilder().setChatId(chat).setMessageId(message).build();
    Futures.await(
        link.call(
            ChatGrpc.getAckMethod(),
            AckRequest.newBuilder().setUser(user).addPositions(position).build()));
  }

  /** What is not acknowledged, of all chats; at most so many messages of each. */
  public List<Pending> pending(int limitPerChat) {
    List<Pending> chats = new ArrayList<>();
    String token = "";
    do {
      FetchPendingResponse page =
          Futures.await(
              link.call(
                  ChatGrpc.getFetchPendingMethod(),
                  FetchPendingRequest.newBuilder()
                      .setUser(user)
                      .setLimitPerChat(limitPerChat)
                      .setPageToken(token)
                      .build()));
      chats.addAll(page.getChatsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return chats;
  }

  /** All chats of this user, with how much is unread. */
  public List<Overview> chats() {
    List<Overview> chats = new ArrayList<>();
    String token = "";
    do {
      ListChatsResponse page =
          Futures.await(
              link.call(
                  ChatGrpc.getListChatsMethod(),
                  ListChatsRequest.newBuilder()
                      .setUser(user)
                      .setPageSize(CHATS)
                      .setPageToken(token)
                      .build()));
      chats.addAll(page.getChatsList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return chats;
  }

  /** All members of a chat by name, with what they have acknowledged. */
  public List<Member> members(String chat) {
    List<Member> members = new ArrayList<>();
    String token = "";
    do {
      MembersResponse page =
          Futures.await(
              link.call(
                  ChatGrpc.getMembersMethod(),
                  MembersRequest.newBuilder()
                      .setChatId(chat)
                      .setUser(user)
                      .setPageSize(MEMBERS)
                      .setPageToken(token)
                      .build()));
      members.addAll(page.getMembersList());
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return members;
  }

  /** The newest messages of a chat that are kept, oldest first. */
  public List<Message> history(String chat, int limit) {
    return history(HistoryRequest.newBuilder().setChatId(chat).setLimit(limit).build())
        .getMessagesList();
  }

  /**
   * Messages of a chat from somewhere else.
   *
   * @param request the user is set here
   */
  public HistoryResponse history(HistoryRequest request) {
    return Futures.await(
        link.call(ChatGrpc.getHistoryMethod(), request.toBuilder().setUser(user).build()));
  }

  /** Tells the others what this user is doing; nothing is kept of it. */
  public void signal(String chat, Activity activity) {
    Futures.await(
        link.call(
            ChatGrpc.getSignalMethod(),
            SignalRequest.newBuilder()
                .setChatId(chat)
                .setUser(user)
                .setActivity(activity)
                .build()));
  }

  /**
   * Hears everything that happens in the chats of this user, beginning with what is not
   * acknowledged, until the subscription is closed. A broken stream is opened again, at whatever
   * server, and goes on where it was.
   *
   * @param listener is called in order, one call at a time, and may block: it is then sent no more
   *     than it takes
   */
  public ChatSubscription subscribe(ChatListener listener) {
    return subscribe(listener, "");
  }

  /** As {@link #subscribe(ChatListener)}, from a {@link ChatSubscription#cursor} on. */
  public ChatSubscription subscribe(ChatListener listener, String cursor) {
    ChatSubscription subscription = new ChatSubscription(link, user, listener, cursor);
    subscription.open();
    return subscription;
  }
}
