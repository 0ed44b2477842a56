// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.CreateResponse;
import dev.quoin.chat.v1.JoinRequest;
import dev.quoin.chat.v1.JoinResponse;
import dev.quoin.chat.v1.KickRequest;
import dev.quoin.chat.v1.KickResponse;
import dev.quoin.chat.v1.LeaveRequest;
import dev.quoin.chat.v1.LeaveResponse;
import dev.quoin.chat.v1.SetRoleRequest;
import dev.quoin.chat.v1.SetRoleResponse;
import dev.quoin.server.chat.ChatStore.Plan;
import dev.quoin.server.chat.Notes.Note;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Fingerprint;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.waiting.Tokens;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * The calls that change who is in a chat.
 *
 * <p>Whoever gets into a chat has it noted among the user's chats first: a crash in between leaves
 * a note that nobody sees and that goes when it is read. Whoever gets out, or is not let in, has
 * the note taken out after.
 */
final class MemberCalls {
  private static final int MESSAGES = 10_000;
  private static final long AGE_MILLIS = 30L * 24 * 3_600_000;
  private static final long GRACE_MILLIS = 600_000;

  private final ChatStore chats;
  private final Notes notes;
  private final NameIndex ids;

  MemberCalls(ChatStore chats, Notes notes, NameIndex ids) {
    this.chats = chats;
    this.notes = notes;
    this.ids = ids;
  }

  CompletionStage<CreateResponse> create(CreateRequest request, Call call) {
    String creator = Identity.of(call, request.getActor());
    String chat = chatId(request, creator);
    Set<String> members = new LinkedHashSet<>(request.getUsersList());
    members.remove(creator);
    Plan plan = plan(request, creator, List.copyOf(members));
    members.add(creator);
    List<CompletableFuture<Note>> noted = note(call.scope(), members, chat);
    RequestContext later = call.scope().detached();
    // The notes may have gone while Redis was silent for long.
    Runnable late = () -> note(later, members, chat);
    return Futures.all(noted)
        .thenCompose(all -> chats.create(call.scope(), chat, plan, late))
        .whenComplete((made, failure) -> notes.takeBack(later, failure, noted))
        // Always: one of that id may have ended, and be listed no longer, since it was noted here.
        .thenCompose(made -> ids.add(call.scope(), chat).thenApply(added -> made))
        .thenApply(
            first ->
                CreateResponse.newBuilder()
                    .setChatId(chat)
                    .setMessageId(first.number())
                    .setCreateTime(Timestamps.fromMillis(first.millis()))
                    .build());
  }

  private List<CompletableFuture<Note>> note(
      RequestContext scope, Collection<String> users, String chat) {
    return users.stream().map(user -> notes.note(scope, user, chat).toCompletableFuture()).toList();
  }

  /** The same for the same request, so that repeating it finds the chat it has made. */
  private static String chatId(CreateRequest request, String creator) {
    if (!request.getChatId().isEmpty()) {
      return request.getChatId();
    }
    return request.getRequestId().isEmpty()
        ? Tokens.next()
        : Fingerprint.of((request.getRequestId() + ' ' + creator).getBytes(StandardCharsets.UTF_8));
  }

  private static Plan plan(CreateRequest request, String creator, List<String> others) {
    long age = Defaults.millis(request.hasMaxAge(), request.getMaxAge(), AGE_MILLIS);
    long grace =
        Defaults.millis(request.hasKeepAcknowledged(), request.getKeepAcknowledged(), GRACE_MILLIS);
    return new Plan(
        creator,
        others,
        request.getFirstMessage().isEmpty()
            ? Content.NONE
            : Content.of(request.getFirstMessage(), Map.of(), ""),
        Defaults.orElse(request.getMaxMessages(), MESSAGES),
        age,
        Math.min(age, grace),
        Once.of(request.getRequestId(), request));
  }

  CompletionStage<JoinResponse> join(JoinRequest request, Call call) {
    String chat = request.getChatId();
    String user = Identity.of(call, request.getUser());
    RequestContext later = call.scope().detached();
    // The note may have gone while Redis was silent for long.
    Runnable late = () -> notes.note(later, user, chat);
    CompletableFuture<Note> noted = notes.note(call.scope(), user, chat).toCompletableFuture();
    return ids.record(
            call.scope(),
            chat,
            noted.thenCompose(note -> chats.join(call.scope(), chat, user, late)))
        .whenComplete((joined, failure) -> notes.takeBack(later, failure, List.of(noted)))
        .thenApply(
            joined ->
                JoinResponse.newBuilder()
                    .setJoined(joined.joined())
                    .setAcknowledgedMessageId(joined.acknowledged())
                    .build());
  }

  CompletionStage<LeaveResponse> leave(LeaveRequest request, Call call) {
    String user = Identity.of(call, request.getUser());
    return end(call.scope(), request.getChatId(), user, "")
        .thenApply(left -> LeaveResponse.newBuilder().setLeft(left).build());
  }

  CompletionStage<KickResponse> kick(KickRequest request, Call call) {
    String actor = Identity.of(call, request.getActor());
    if (actor.equals(request.getUser())) {
      throw InvalidRequest.of("user", "must not be the actor: whoever wants to go calls Leave");
    }
    return end(call.scope(), request.getChatId(), request.getUser(), actor)
        .thenApply(kicked -> KickResponse.newBuilder().setKicked(kicked).build());
  }

  private CompletionStage<Boolean> end(
      RequestContext scope, String chat, String user, String actor) {
    return chats
        .leave(scope, chat, user, actor)
        .thenApply(
            left -> {
              // Whether this works does not matter: who reads the user's chats does it, too.
              notes.ended(scope, user, chat);
              return left;
            });
  }

  CompletionStage<SetRoleResponse> setRole(SetRoleRequest request, Call call) {
    return chats
        .setRole(
            call.scope(),
            request.getChatId(),
            request.getUser(),
            request.getRole(),
            Identity.of(call, request.getActor()))
        .thenApply(changed -> SetRoleResponse.newBuilder().setChanged(changed).build());
  }
}
