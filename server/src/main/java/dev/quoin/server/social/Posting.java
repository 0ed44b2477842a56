// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.waiting.Tokens;
import dev.quoin.social.v1.Mention;
import dev.quoin.social.v1.Status;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Posts and deletes statuses. What an author did is in its slot once it is answered. */
final class Posting {
  private static final LuaScript WRITE = LuaScript.load("social/write_status");
  private static final LuaScript POST = LuaScript.load("social/post");
  private static final LuaScript SETTLE = LuaScript.load("social/settle_status");
  private static final LuaScript UNPOST = LuaScript.load("social/unpost");

  /** So many statuses a profile has beyond its 20,000 before some go to the archive. */
  private static final int PROFILE = 21_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Tickets tickets;
  private final Outbox outbox;
  private final Logins logins;
  private final Values values;
  private final Pages pages;

  Posting(
      Scripts scripts,
      Keyspace keyspace,
      Tickets tickets,
      Outbox outbox,
      Logins logins,
      Values values,
      Pages pages) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.tickets = tickets;
    this.outbox = outbox;
    this.logins = logins;
    this.values = values;
    this.pages = pages;
  }

  /**
   * Posts a status.
   *
   * @param draft without id and entities
   * @return its id, that of the first attempt when it is repeated
   */
  CompletionStage<Long> post(RequestContext scope, Status draft, Once once) {
    return tickets
        .next(Ref.user(scope, draft.getAuthorId()))
        .thenCompose(id -> post(scope, draft, id, once));
  }

  /** As above, with an id that was just given out. */
  CompletionStage<Long> post(RequestContext scope, Status draft, long id, Once once) {
    Ref author = Ref.user(scope, draft.getAuthorId());
    Entities entities = Entities.of(draft.getText());
    return mentions(scope, entities)
        .thenApply(found -> complete(draft, id, entities, found))
        .thenCompose(status -> related(scope, status))
        .thenCompose(
            status -> {
              String text = Long.toString(status.getStatusId());
              String key = StatusKeys.of(keyspace, scope.namespace(), text).key("status");
              return scripts
                  .run(WRITE, scope, new String[] {key}, StatusValue.fresh(status))
                  .thenCompose(
                      reply -> {
                        if (!reply.flag()) {
                          // Redis has lost which ids it had given out.
                          throw ApiException.storeUnavailable("the id of the status is taken");
                        }
                        return publish(scope, author, status, once);
                      });
            });
  }

  private static Status complete(Status draft, long id, Entities entities, List<Mention> mentions) {
    return draft.toBuilder()
        .setStatusId(id)
        .setConversationId(id)
        .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
        .addAllTags(entities.tags())
        .addAllLinks(entities.links())
        .addAllMentions(mentions)
        .build();
  }

  private CompletionStage<List<Mention>> mentions(RequestContext scope, Entities entities) {
    return logins
        .byLogin(scope, entities.logins())
        .thenApply(
            ids -> {
              List<Mention> mentions = new ArrayList<>();
              for (int i = 0; i < ids.size(); i++) {
                if (ids.get(i) != null && !ids.get(i).startsWith("?")) {
                  mentions.add(
                      Mention.newBuilder()
                          .setLogin(entities.logins().get(i))
                          .setUserId(Long.parseLong(ids.get(i)))
                          .build());
                }
              }
              return mentions;
            });
  }

  /** Looks at what it replies to or repeats. */
  private CompletionStage<Status> related(RequestContext scope, Status status) {
    Set<String> related = new HashSet<>();
    if (status.getInReplyTo() != 0) {
      related.add(Long.toString(status.getInReplyTo()));
    }
    if (status.getRepostOf() != 0) {
      related.add(Long.toString(status.getRepostOf()));
    }
    if (related.isEmpty()) {
      return CompletableFuture.completedFuture(status);
    }
    return pages
        .visible(scope, Long.toString(status.getAuthorId()), related)
        .thenApply(
            found -> {
              related.forEach(
                  id -> {
                    if (!found.containsKey(id)) {
                      throw noStatus(id);
                    }
                  });
              Status.Builder complete = status.toBuilder();
              if (status.getInReplyTo() != 0) {
                Status parent = found.get(Long.toString(status.getInReplyTo()));
                complete.setConversationId(parent.getConversationId());
              }
              if (status.getRepostOf() != 0) {
                Status original = found.get(Long.toString(status.getRepostOf()));
                if (original.getRepostOf() != 0) {
                  complete.setRepostOf(original.getRepostOf());
                }
              }
              return complete.build();
            });
  }

  private CompletionStage<Long> publish(
      RequestContext scope, Ref author, Status status, Once once) {
    String token = Tokens.next();
    Entry entry = Entry.of(status.getStatusId(), author.id());
    UserKeys keys = UserKeys.of(keyspace, author);
    return scripts
        .run(
            POST,
            scope,
            keys.keys(
                "user",
                status.getGroupId() == 0 ? "posts" : "group_posts",
                "home",
                "warm",
                "outbox",
                "worker",
                UserKeys.request(once.id()),
                "quota:post",
                "watch",
                "events",
                "profile:watch",
                "profile:events"),
            once.digest(),
            entry.text(),
            "p " + entry.statusId(),
            token,
            Outbox.LEASE_MILLIS,
            Deliveries.HOME,
            Outbox.MOST,
            status.getGroupId() == 0 ? 0 : 1)
        .thenApply(
            reply -> {
              long id = new Entry(reply.text()).status();
              if (reply.flag()) {
                outbox.drain(author, token);
              }
              if (reply.integer() > PROFILE) {
                outbox.enqueue(author, "o");
              }
              return id;
            });
  }

  /** Deletes a status of an author; answers whether it was there. */
  CompletionStage<Boolean> delete(RequestContext scope, Ref author, String id) {
    return delete(scope, author, id, Outbox.MOST_WITH_DELETIONS);
  }

  /**
   * As above.
   *
   * @param most entries that the outbox of the author may have
   */
  CompletionStage<Boolean> delete(RequestContext scope, Ref author, String id, int most) {
    return values
        .read(scope, List.of(id), List.of())
        .thenCompose(
            found -> {
              StatusValue value = found.statuses().get(id);
              if (value == null) {
                throw noStatus(id);
              }
              if (!author.id().equals(Long.toString(value.status().getAuthorId()))) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_STATUS_NOT_OWNED,
                    "the status is somebody else's",
                    Map.of("status_id", id),
                    null);
              }
              if (value.isDeleted()) {
                return CompletableFuture.completedFuture(false);
              }
              return takeOut(scope, value, "d " + id, false, most)
                  .thenCompose(done -> settle(scope, id, "d", StatusValue.rest(value.status())))
                  // The outbox may have settled it first; it was there all the same.
                  .thenApply(settled -> true);
            });
  }

  /**
   * Has a status taken out everywhere.
   *
   * @param task what the outbox of the author is to do
   * @param stays whether it stays in the profile and the home timeline of its author
   * @param most entries that the outbox of its author may have
   */
  CompletionStage<Void> takeOut(
      RequestContext scope, StatusValue value, String task, boolean stays, int most) {
    Ref author = Ref.user(scope, value.status().getAuthorId());
    String token = Tokens.next();
    return tickets
        .note(author)
        .thenCompose(
            noted ->
                scripts.run(
                    UNPOST,
                    scope,
                    UserKeys.of(keyspace, author)
                        .keys(
                            value.status().getGroupId() == 0 ? "posts" : "group_posts",
                            "home",
                            "outbox",
                            "worker",
                            "watch",
                            "events",
                            "profile:watch",
                            "profile:events"),
                    value.entry().text(),
                    task,
                    token,
                    Outbox.LEASE_MILLIS,
                    most,
                    stays ? 1 : 0))
        .thenAccept(
            reply -> {
              if (reply.flag()) {
                outbox.drain(author, token);
              }
            });
  }

  /**
   * What a status was before its state was changed.
   *
   * @param before null when there was none
   */
  record Settled(boolean changed, StatusValue before) {}

  /**
   * Changes the state of a status, and keeps it for good unless it is deleted.
   *
   * @param state d, h or l; empty to leave it
   * @param rest what is left of it when it is deleted
   */
  CompletionStage<Settled> settle(RequestContext scope, String id, String state, byte[] rest) {
    return scripts
        .run(
            SETTLE,
            scope,
            new String[] {StatusKeys.of(keyspace, scope.namespace(), id).key("status")},
            state,
            rest)
        .thenApply(reply -> new Settled(reply.flag(), StatusValue.parse(reply.bytes())));
  }

  static ApiException noStatus(String id) {
    return new ApiException(
        ErrorReason.ERROR_REASON_STATUS_NOT_FOUND,
        "there is no such status, or it may not be seen",
        Map.of("status_id", id),
        null);
  }
}
