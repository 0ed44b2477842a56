// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.chat.v1.AckRequest;
import dev.quoin.chat.v1.AckResponse;
import dev.quoin.chat.v1.AckResponse.AcknowledgedChat;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.DeleteRequest;
import dev.quoin.chat.v1.DeleteResponse;
import dev.quoin.chat.v1.EditRequest;
import dev.quoin.chat.v1.EditResponse;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SendResponse;
import dev.quoin.chat.v1.SignalRequest;
import dev.quoin.chat.v1.SignalResponse;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.ResponseStream;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.chat.v1.Chat}: messages here, members and reads in classes of their own. */
public final class ChatService implements BindableService {
  private static final Duration LISTED = Duration.ofDays(400);

  private final Kernel kernel;
  private final ChatStore chats;
  private final ChatReads reads;
  private final UserChats users;
  private final Notes notes;

  /** The ids of all chats of a namespace. */
  private final NameIndex ids;

  public ChatService(Kernel kernel) {
    Keyspace keyspace = kernel.keyspace("chat");
    this.kernel = kernel;
    this.chats = new ChatStore(kernel.scripts(), keyspace);
    this.reads = new ChatReads(kernel.scripts(), keyspace);
    this.users = new UserChats(kernel.scripts(), keyspace);
    this.notes = new Notes(kernel.scripts(), users, reads, kernel.timer());
    this.ids = new NameIndex(kernel.scripts(), keyspace, LISTED);
  }

  @Override
  public ServerServiceDefinition bindService() {
    MemberCalls members = new MemberCalls(chats, notes, ids);
    ReadCalls reading = new ReadCalls(reads, users, notes, ids);
    return kernel
        .rpc()
        .service(ChatGrpc.getServiceDescriptor())
        .unary(ChatGrpc.getCreateMethod(), members::create)
        .unary(ChatGrpc.getJoinMethod(), members::join)
        .unary(ChatGrpc.getLeaveMethod(), members::leave)
        .unary(ChatGrpc.getKickMethod(), members::kick)
        .unary(ChatGrpc.getSetRoleMethod(), members::setRole)
        .unary(ChatGrpc.getSendMethod(), this::send)
        .unary(ChatGrpc.getEditMethod(), this::edit)
        .unary(ChatGrpc.getDeleteMethod(), this::delete)
        .unary(ChatGrpc.getFetchPendingMethod(), reading::fetchPending)
        .unary(ChatGrpc.getAckMethod(), this::acknowledge)
        .unary(ChatGrpc.getListChatsMethod(), reading::listChats)
        .unary(ChatGrpc.getListMethod(), reading::list)
        .unary(ChatGrpc.getListMembersMethod(), reading::members)
        .unary(ChatGrpc.getListMessagesMethod(), reading::history)
        .unary(ChatGrpc.getSignalMethod(), this::signal)
        .streaming(ChatGrpc.getSubscribeMethod(), this::subscribe)
        .build();
  }

  private CompletionStage<SendResponse> send(SendRequest request, Call call) {
    String id = request.getClientMessageId();
    byte[] content = Content.of(request.getBody(), request.getAttributesMap(), id);
    return ids.record(
            call.scope(),
            request.getChatId(),
            chats.send(
                call.scope(),
                request.getChatId(),
                Identity.of(call, request.getSender()),
                content,
                Once.of(id, request),
                request.getAcknowledge()))
        .thenApply(
            sent ->
                SendResponse.newBuilder()
                    .setMessageId(sent.number())
                    .setCreateTime(Timestamps.fromMillis(sent.millis()))
                    .build());
  }

  private CompletionStage<EditResponse> edit(EditRequest request, Call call) {
    return chats
        .edit(
            call.scope(),
            request.getChatId(),
            Identity.of(call, request.getActor()),
            request.getMessageId(),
            Content.of(request.getBody(), request.getAttributesMap(), ""))
        .thenApply(
            millis -> EditResponse.newBuilder().setEditTime(Timestamps.fromMillis(millis)).build());
  }

  private CompletionStage<DeleteResponse> delete(DeleteRequest request, Call call) {
    return chats
        .edit(
            call.scope(),
            request.getChatId(),
            Identity.of(call, request.getActor()),
            request.getMessageId(),
            Content.NONE)
        .thenApply(
            millis ->
                DeleteResponse.newBuilder().setDeleteTime(Timestamps.fromMillis(millis)).build());
  }

  private CompletionStage<AckResponse> acknowledge(AckRequest request, Call call) {
    String user = Identity.of(call, request.getUser());
    List<CompletableFuture<AcknowledgedChat>> all = new ArrayList<>(request.getPositionsCount());
    for (AckRequest.Position position : request.getPositionsList()) {
      String chat = position.getChatId();
      all.add(
          chats
              .acknowledge(call.scope(), chat, user, position.getMessageId())
              .thenApply(
                  done ->
                      AcknowledgedChat.newBuilder()
                          .setChatId(chat)
                          .setMember(done.member())
                          .setMessageId(done.number())
                          .setUnread(done.messages() - done.number())
                          .build())
              .toCompletableFuture());
    }
    return Futures.each(all)
        .thenApply(chat -> AckResponse.newBuilder().addAllAcknowledgedChats(chat).build());
  }

  private CompletionStage<SignalResponse> signal(SignalRequest request, Call call) {
    return chats
        .signal(
            call.scope(),
            request.getChatId(),
            Identity.of(call, request.getUser()),
            String.valueOf(request.getActivityValue()))
        .thenApply(told -> SignalResponse.getDefaultInstance());
  }

  private void subscribe(
      SubscribeRequest request, Call call, ResponseStream<SubscribeResponse> responses) {
    new ChatStream(kernel, reads, users, notes, request, call, responses).open();
  }
}
