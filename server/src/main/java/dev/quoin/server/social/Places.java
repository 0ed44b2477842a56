// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.analysis.TextEntities;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Deliveries.Op;
import dev.quoin.server.social.Deliveries.Target;
import dev.quoin.social.v1.MentionCount;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.Visibility;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/**
 * The places a status goes to because of what it says, not of who follows its author: its
 * conversation, its tags, those it mentions, its group.
 */
final class Places {
  private static final LuaScript COUNT_MENTIONS = LuaScript.load("social/count_mentions");
  private static final int MOST_PAIRS = 10_000;
  private static final long HOUR_MILLIS = 3_600_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  Places(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  /**
   * Brings a status where it belongs beside the timelines of followers.
   *
   * @param isPublic whether it appears under its tags
   */
  CompletionStage<Void> bring(Ref author, Status status, boolean isPublic) {
    return deliver(author, status, Op.BRING, isPublic)
        .thenCompose(done -> countReply(author.scope(), status, true));
  }

  CompletionStage<Void> takeOut(Ref author, Status status) {
    return deliver(author, status, Op.TAKE_OUT, true)
        .thenCompose(done -> countReply(author.scope(), status, false));
  }

  /** Whether anybody may see a status that is live. */
  CompletionStage<Boolean> isPublic(RequestContext scope, Status status, UserValue author) {
    if (status.getVisibility() != Visibility.VISIBILITY_PUBLIC
        || author.isPrivate()
        || author.isSuspended()) {
      return CompletableFuture.completedFuture(false);
    }
    Set<String> groups =
        status.getGroupId() == 0 ? Set.of() : Set.of(Long.toString(status.getGroupId()));
    return social
        .groups()
        .readable(scope, "0", groups)
        .thenApply(readable -> readable.containsAll(groups));
  }

  private CompletionStage<Void> deliver(Ref author, Status status, Op op, boolean toTags) {
    RequestContext scope = author.scope();
    Deliveries deliveries = social.deliveries();
    Entry entry = Entry.of(status.getStatusId(), author.id());
    List<Target> targets = new ArrayList<>();
    if (status.getInReplyTo() != 0) {
      targets.add(deliveries.conversation(Ref.conversation(scope, status.getConversationId())));
    }
    if (toTags) {
      status.getTagsList().forEach(tag -> targets.add(deliveries.tag(Ref.tag(scope, tag))));
    }
    status
        .getMentionsList()
        .forEach(mention -> targets.add(deliveries.mentions(Ref.user(scope, mention.getUserId()))));
    if (status.getGroupId() != 0) {
      targets.add(deliveries.home(Ref.group(scope, status.getGroupId())));
    }
    return Outbox.done(
        social.throttle().each(targets, target -> deliveries.deliver(author, target, op, entry)));
  }

  private CompletionStage<Void> countReply(RequestContext scope, Status status, boolean gives) {
    if (status.getInReplyTo() == 0) {
      return CompletableFuture.completedFuture(null);
    }
    return social
        .reactions()
        .count(
            scope,
            Long.toString(status.getInReplyTo()),
            "replies",
            Long.toString(status.getStatusId()),
            gives)
        .handle(
            (counted, failure) -> {
              if (failure != null && !isGone(failure)) {
                throw new CompletionException(failure);
              }
              return null;
            });
  }

  private static boolean isGone(Throwable failure) {
    return ErrorMapper.refusal(failure) instanceof ApiException refusal
        && (refusal.reason() == ErrorReason.ERROR_REASON_STATUS_NOT_FOUND
            || refusal.reason() == ErrorReason.ERROR_REASON_USER_LIST_FULL);
  }

  CompletionStage<Void> countMentions(RequestContext scope, Status status) {
    if (status.getMentionsCount() == 0) {
      return CompletableFuture.completedFuture(null);
    }
    Arguments arguments = Arguments.of(MOST_PAIRS);
    status
        .getMentionsList()
        .forEach(mention -> arguments.add(status.getAuthorId() + ">" + mention.getUserId()));
    long millis = Tickets.millis(status.getStatusId());
    return Outbox.done(
        scripts.run(
            COUNT_MENTIONS,
            scope,
            new String[] {hour(scope, millis), day(scope, millis)},
            arguments.toArray()));
  }

  private String hour(RequestContext scope, long millis) {
    return keyspace.own(scope.namespace(), "mentions") + "hour:" + millis / HOUR_MILLIS;
  }

  private String day(RequestContext scope, long millis) {
    return keyspace.own(scope.namespace(), "mentions") + "day:" + millis / (24 * HOUR_MILLIS);
  }

  /** Who mentions whom most often in the current hour or day. */
  CompletionStage<List<MentionCount>> topMentions(RequestContext scope, boolean ofHour, int most) {
    return social
        .tickets()
        .next()
        .thenCompose(
            id -> {
              long now = Tickets.millis(id);
              String key = ofHour ? hour(scope, now) : day(scope, now);
              return scripts
                  .redis()
                  .call(
                      scope,
                      commands -> commands.zrevrangeWithScores(key, 0, most - 1),
                      late -> {});
            })
        .thenApply(
            found ->
                found.stream()
                    .map(
                        pair -> {
                          String[] ids = new String(pair.getValue()).split(">");
                          return MentionCount.newBuilder()
                              .setAuthorId(Long.parseLong(ids[0]))
                              .setMentionedId(Long.parseLong(ids[1]))
                              .setCount((long) pair.getScore())
                              .build();
                        })
                    .toList());
  }

  /** A conversation, the oldest status first. */
  Pages.Source conversation(RequestContext scope, Status any) {
    String key =
        UserKeys.of(keyspace, Ref.conversation(scope, any.getConversationId())).key("posts");
    return (from, count) ->
        social
            .refills()
            .texts(scope, key, from, count, false)
            .thenCompose(
                found -> {
                  String next = found.size() == count ? found.get(count - 1) : "";
                  List<Entry> entries = new ArrayList<>(found.stream().map(Entry::new).toList());
                  if (!from.isEmpty()) {
                    return CompletableFuture.completedFuture(new Pages.Read(entries, next));
                  }
                  String root = Long.toString(any.getConversationId());
                  return social
                      .values()
                      .read(scope, List.of(root), List.of())
                      .thenApply(
                          values -> {
                            StatusValue first = values.statuses().get(root);
                            if (first != null) {
                              entries.add(0, first.entry());
                            }
                            return new Pages.Read(entries, next);
                          });
                });
  }

  /** What has a tag, the newest first. */
  Pages.Source tag(RequestContext scope, String tag) {
    String folded =
        TextEntities.tag(tag)
            .orElseThrow(
                () ->
                    InvalidRequest.of(
                        "tag", "must be letters, digits and '_', with at least one letter"));
    String key = UserKeys.of(keyspace, Ref.tag(scope, folded)).key("posts");
    return newest(scope, key);
  }

  /** The entries of a timeline, the newest first. */
  Pages.Source newest(RequestContext scope, String key) {
    return (from, count) ->
        social
            .refills()
            .texts(scope, key, from, count, true)
            .thenApply(
                found ->
                    new Pages.Read(
                        found.stream().map(Entry::new).toList(),
                        found.size() == count ? found.get(count - 1) : ""));
  }

  /** The favorites of a user, those it kept last first. */
  Pages.Source favorites(RequestContext scope, Ref user) {
    String key = UserKeys.of(keyspace, user).key("favorites");
    return (from, count) ->
        social
            .followers()
            .edges(scope, key, from.isEmpty() ? null : Followers.Edge.parse(from), count, true)
            .thenApply(
                found -> {
                  List<String> positions = found.stream().map(Followers.Edge::text).toList();
                  return new Pages.Read(
                      found.stream().map(edge -> new Entry(edge.id())).toList(),
                      found.size() == count ? positions.get(count - 1) : "",
                      positions);
                });
  }
}
