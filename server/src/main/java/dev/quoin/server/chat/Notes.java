// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Changes what is noted of a user's chats.
 *
 * <p>A chat is noted before the user becomes a member. It is taken out only when the chat says that
 * the user is none and it was noted long enough ago for no join to be under way; or by whoever
 * noted it first and was refused, if nobody has noted it again.
 */
final class Notes {
  private static final LuaScript NOTE = LuaScript.load("chat/note");
  private static final LuaScript UNNOTE = LuaScript.load("chat/unnote");
  private static final LuaScript FORGET = LuaScript.load("chat/forget");
  private static final long STAY_MILLIS = 60_000;
  private static final int AT_ONCE = 32;
  private static final int MOST_WAITING = 10_000;

  /** After these it is certain that nobody became a member. */
  private static final Set<ErrorReason> REFUSALS =
      EnumSet.of(
          ErrorReason.ERROR_REASON_CHAT_NOT_FOUND,
          ErrorReason.ERROR_REASON_CHAT_EXISTS,
          ErrorReason.ERROR_REASON_CHAT_FULL,
          ErrorReason.ERROR_REASON_CHAT_USER_FULL,
          ErrorReason.ERROR_REASON_REQUEST_ID_REUSED);

  private final Scripts scripts;
  private final UserChats users;
  private final ChatReads reads;
  private final Timer timer;
  private final AtomicInteger waiting = new AtomicInteger();

  Notes(Scripts scripts, UserChats users, ChatReads reads, Timer timer) {
    this.scripts = scripts;
    this.users = users;
    this.reads = reads;
    this.timer = timer;
  }

  /**
   * A chat that was noted.
   *
   * @param at when, as Redis says it
   * @param isNew whether it was not noted before
   */
  record Note(String user, String chat, String at, boolean isNew) {}

  /**
   * What came of noting a chat.
   *
   * @param note null when the user has as many chats as may be
   * @param look whether it is time to look which of them have ended
   */
  private record Tried(Note note, boolean look) {}

  /** Notes that a user is about to be in a chat. */
  CompletionStage<Note> note(RequestContext scope, String user, String chat) {
    return tryNote(scope, user, chat)
        .thenCompose(
            tried ->
                tried.note() == null && tried.look()
                    ? tidy(scope, user, "0").thenCompose(done -> tryNote(scope, user, chat))
                    : CompletableFuture.completedFuture(tried))
        .thenApply(
            tried -> {
              if (tried.note() == null) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_CHAT_USER_FULL,
                    "the user has " + UserChats.MOST + " chats",
                    Map.of("user", user),
                    null);
              }
              return tried.note();
            });
  }

  private CompletionStage<Tried> tryNote(RequestContext scope, String user, String chat) {
    UserKeys keys = users.of(scope, user);
    return scripts
        .run(
            NOTE,
            scope,
            new String[] {keys.index(), keys.chats(), keys.noted(), keys.changes()},
            chat,
            UserChats.MOST,
            UserChats.KEEP_MILLIS,
            STAY_MILLIS)
        .thenApply(
            reply ->
                reply.flag()
                    ? new Tried(new Note(user, chat, reply.text(), reply.flag()), false)
                    : new Tried(null, reply.flag()));
  }

  /** Takes out all chats the user is not in, some at a time. */
  private CompletionStage<Void> tidy(RequestContext scope, String user, String after) {
    return users
        .list(scope, user, after, AT_ONCE)
        .thenCompose(
            page ->
                Futures.each(page.chats().stream().map(c -> reads.look(scope, c, user)).toList())
                    .thenCompose(places -> forget(scope, user, gone(page.chats(), places)))
                    .thenCompose(
                        stay ->
                            page.chats().size() < AT_ONCE
                                ? CompletableFuture.completedFuture(null)
                                : tidy(scope, user, page.last())));
  }

  private static List<String> gone(List<String> chats, List<Place> places) {
    List<String> gone = new ArrayList<>();
    for (int i = 0; i < chats.size(); i++) {
      if (!places.get(i).member()) {
        gone.add(chats.get(i));
      }
    }
    return gone;
  }

  /** Takes notes back that were new, when what they were for was refused. */
  void takeBack(
      RequestContext scope,
      Throwable failure,
      Collection<? extends CompletableFuture<Note>> noted) {
    if (failure == null
        || !(ErrorMapper.refusal(failure) instanceof ApiException refusal)
        || !REFUSALS.contains(refusal.reason())) {
      return;
    }
    for (CompletableFuture<Note> future : noted) {
      if (!future.isCompletedExceptionally()) {
        unnote(scope, future.getNow(null));
      }
    }
  }

  private void unnote(RequestContext scope, Note note) {
    if (note.isNew()) {
      UserKeys keys = users.of(scope, note.user());
      String[] both = {keys.chats(), keys.noted()};
      scripts.run(UNNOTE, scope, both, note.chat(), note.at());
    }
  }

  /**
   * Takes chats out that the user is not in, unless they were noted within the last minute.
   *
   * @return done when all were taken out that can be; how many stay for now
   */
  CompletionStage<Long> forget(RequestContext scope, String user, List<String> chats) {
    if (chats.isEmpty()) {
      return CompletableFuture.completedFuture(0L);
    }
    UserKeys keys = users.of(scope, user);
    return scripts
        .run(
            FORGET,
            scope,
            new String[] {keys.chats(), keys.noted()},
            Arguments.of(STAY_MILLIS).addAll(chats).toArray())
        .thenApply(Reply::integer);
  }

  /** The user is in a chat no longer: its note goes, now or in a minute. */
  void ended(RequestContext scope, String user, String chat) {
    forget(scope.detached(), user, List.of(chat))
        .thenAccept(
            stay -> {
              if (stay > 0) {
                checkLater(scope.detached(), user, chat);
              }
            });
  }

  /** Whoever reads the user's chats does the same: that many at a time are enough. */
  private void checkLater(RequestContext scope, String user, String chat) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      return;
    }
    timer.newTimeout(
        t -> {
          waiting.decrementAndGet();
          check(scope, user, chat);
        },
        STAY_MILLIS + 1_000,
        TimeUnit.MILLISECONDS);
  }

  /** Tells whether the user is in a chat; if not its note goes. */
  CompletionStage<Boolean> check(RequestContext scope, String user, String chat) {
    return reads
        .look(scope, chat, user)
        .thenApply(
            place -> {
              if (!place.member()) {
                ended(scope, user, chat);
              }
              return place.member();
            });
  }
}
