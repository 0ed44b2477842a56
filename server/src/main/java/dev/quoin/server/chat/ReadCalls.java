// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.chat.v1.FetchPendingRequest;
import dev.quoin.chat.v1.FetchPendingResponse;
import dev.quoin.chat.v1.FetchPendingResponse.PendingChat;
import dev.quoin.chat.v1.ListChatsRequest;
import dev.quoin.chat.v1.ListChatsResponse;
import dev.quoin.chat.v1.ListChatsResponse.Membership;
import dev.quoin.chat.v1.ListMembersRequest;
import dev.quoin.chat.v1.ListMembersResponse;
import dev.quoin.chat.v1.ListMembersResponse.Member;
import dev.quoin.chat.v1.ListMessagesRequest;
import dev.quoin.chat.v1.ListMessagesResponse;
import dev.quoin.chat.v1.ListRequest;
import dev.quoin.chat.v1.ListResponse;
import dev.quoin.server.chat.ChatReads.Found;
import dev.quoin.server.chat.ChatReads.Range;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;

/** The calls that read. */
final class ReadCalls {
  private static final int PENDING = 20;
  private static final int PENDING_CHATS = 32;
  private static final int PENDING_BYTES = 64 * 1024;
  private static final int CHATS = 50;
  private static final int MEMBERS = 100;
  private static final int HISTORY = 50;
  private static final int HISTORY_BYTES = 1024 * 1024;

  private final ChatReads reads;
  private final UserChats users;
  private final Notes notes;
  private final NameIndex ids;

  ReadCalls(ChatReads reads, UserChats users, Notes notes, NameIndex ids) {
    this.reads = reads;
    this.users = users;
    this.notes = notes;
    this.ids = ids;
  }

  /** What was read in each chat of a page. */
  private record Looked<T>(List<String> chats, List<T> found, String nextPageToken) {
    <R> List<R> select(Predicate<T> wanted, BiFunction<String, T, R> answer) {
      List<R> answers = new ArrayList<>();
      for (int i = 0; i < chats.size(); i++) {
        if (wanted.test(found.get(i))) {
          answers.add(answer.apply(chats.get(i), found.get(i)));
        }
      }
      return answers;
    }
  }

  CompletionStage<FetchPendingResponse> fetchPending(FetchPendingRequest request, Call call) {
    String user = Identity.of(call, request.getUser());
    int limit = Defaults.orElse(request.getMaxItemsPerChat(), PENDING);
    Paging paging =
        Paging.of(call.scope(), request.getPageSize(), PENDING_CHATS, request.getPageToken(), user);
    return page(
            call.scope(),
            user,
            paging,
            chat -> reads.fetch(call.scope(), chat, user, Range.PENDING, 0, limit, PENDING_BYTES),
            Found::member)
        .thenApply(
            looked ->
                FetchPendingResponse.newBuilder()
                    .addAllPendingChats(looked.select(ReadCalls::isPending, ReadCalls::pending))
                    .setNextPageToken(looked.nextPageToken())
                    .build());
  }

  private static boolean isPending(Found found) {
    return found.member() && found.newest() > found.acknowledged();
  }

  private static PendingChat pending(String chat, Found found) {
    return PendingChat.newBuilder()
        .setChatId(chat)
        .addAllMessages(found.messages())
        .setUnread(found.newest() - found.acknowledged())
        .setMissed(Math.max(0, found.firstKept() - 1 - found.acknowledged()))
        .build();
  }

  CompletionStage<ListChatsResponse> listChats(ListChatsRequest request, Call call) {
    String user = Identity.of(call, request.getUser());
    return page(
            call.scope(),
            user,
            Paging.of(call.scope(), request.getPageSize(), CHATS, request.getPageToken(), user),
            chat -> reads.look(call.scope(), chat, user),
            Place::member)
        .thenApply(
            looked ->
                ListChatsResponse.newBuilder()
                    .addAllMemberships(looked.select(Place::member, ReadCalls::overview))
                    .setNextPageToken(looked.nextPageToken())
                    .build());
  }

  private static Membership overview(String chat, Place place) {
    return Membership.newBuilder()
        .setChatId(chat)
        .setUnread(place.messages() - place.acknowledged())
        .setAcknowledgedMessageId(place.acknowledged())
        .setNewestMessageId(place.messages())
        .setUpdateTime(Timestamps.fromMillis(place.millis()))
        .setRole(place.role())
        .setMemberCount(place.members())
        .build();
  }

  CompletionStage<ListResponse> list(ListRequest request, Call call) {
    RequestContext scope = call.scope();
    return ids.list(
            scope,
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), CHATS),
            request.getPageToken())
        .thenCompose(
            page ->
                Futures.each(
                        page.names().stream()
                            .map(chat -> reads.summary(scope, chat).toCompletableFuture())
                            .toList())
                    .thenApply(found -> listed(scope, page, found)));
  }

  /** What is there; what has ended is not listed any more. */
  private ListResponse listed(
      RequestContext scope, NameIndex.Page page, List<Optional<ListResponse.Summary>> found) {
    ListResponse.Builder response =
        ListResponse.newBuilder().setNextPageToken(page.nextPageToken());
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i).isPresent()) {
        response.addChats(found.get(i).get());
      } else {
        ids.forget(scope.detached(), page.names().get(i));
      }
    }
    return response.build();
  }

  CompletionStage<ListMembersResponse> members(ListMembersRequest request, Call call) {
    String chat = request.getChatId();
    String user = Identity.of(call, request.getActor());
    Paging paging =
        Paging.of(call.scope(), request.getPageSize(), MEMBERS, request.getPageToken(), chat);
    return reads
        .members(call.scope(), chat, user, paging.position(), paging.rows())
        .thenApply(
            found -> {
              Paging.Page<Member> page = paging.page(found, Member::getUser);
              return ListMembersResponse.newBuilder()
                  .addAllMembers(page.rows())
                  .setNextPageToken(page.nextPageToken())
                  .build();
            });
  }

  CompletionStage<ListMessagesResponse> history(ListMessagesRequest request, Call call) {
    boolean after = request.hasAfterMessageId();
    long from =
        after
            ? request.getAfterMessageId()
            : request.hasBeforeMessageId() ? request.getBeforeMessageId() : Long.MAX_VALUE;
    return reads
        .fetch(
            call.scope(),
            request.getChatId(),
            Identity.of(call, request.getActor()),
            after ? Range.AFTER : Range.BEFORE,
            from,
            Defaults.orElse(request.getMaxItems(), HISTORY),
            HISTORY_BYTES)
        .thenApply(
            found ->
                ListMessagesResponse.newBuilder()
                    .addAllMessages(found.messages())
                    .setMore(found.more())
                    .build());
  }

  /** Looks into the chats of a page, and takes those out of the user's that it is not in. */
  private <T> CompletionStage<Looked<T>> page(
      RequestContext scope,
      String user,
      Paging paging,
      Function<String, CompletionStage<T>> look,
      Predicate<T> isMember) {
    return users
        .list(scope, user, paging.position().isEmpty() ? "0" : paging.position(), paging.size())
        .thenCompose(
            page -> {
              List<CompletableFuture<T>> looks =
                  page.chats().stream().map(c -> look.apply(c).toCompletableFuture()).toList();
              boolean more = page.chats().size() == paging.size();
              String next = more ? paging.token(page.last()) : "";
              return Futures.each(looks)
                  .thenApply(
                      found -> {
                        Looked<T> looked = new Looked<>(page.chats(), found, next);
                        notes.forget(
                            scope.detached(),
                            user,
                            looked.select(isMember.negate(), (chat, none) -> chat));
                        return looked;
                      });
            });
  }
}
