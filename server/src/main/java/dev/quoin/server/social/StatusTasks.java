// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.social.Deliveries.Op;
import dev.quoin.social.v1.Status;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What follows from a post or a deletion. Here, and only here, the rest of the world learns of
 * them, in the order in which an author posted and deleted.
 */
final class StatusTasks {
  private static final CompletableFuture<Void> NOTHING = CompletableFuture.completedFuture(null);

  private final Social social;

  /** Null when nobody is told. */
  private final StatusSink sink;

  StatusTasks(Social social, StatusSink sink) {
    this.social = social;
    this.sink = sink;
  }

  /** "p status": it was posted. "s status": it is shown again. */
  CompletionStage<Void> posted(Outbox.Task task, boolean isNew) {
    return social
        .posting()
        .settle(task.owner().scope(), task.word(1), "", new byte[0])
        .thenCompose(
            settled ->
                settled.before() == null || settled.before().state() != 'l'
                    ? NOTHING
                    : created(task, settled.before().status(), isNew));
  }

  /** "d status": it was deleted. */
  CompletionStage<Void> unposted(Outbox.Task task) {
    return find(task.owner(), task.word(1))
        .thenCompose(
            value ->
                value == null
                    ? NOTHING
                    : settleDeleted(task.owner(), value)
                        .thenCompose(settled -> deleted(task, value.status())));
  }

  /** "h status": it was hidden. */
  CompletionStage<Void> hidden(Outbox.Task task) {
    return find(task.owner(), task.word(1))
        .thenCompose(
            value ->
                value == null || value.state() != 'h'
                    ? NOTHING
                    : social
                        .places()
                        .takeOut(task.owner(), value.status())
                        .thenCompose(done -> untell(task, value.status()))
                        .thenCompose(done -> fanOut(task, Op.TAKE_OUT, value.status())));
  }

  /**
   * Takes a status of a deleted user out of all but the timelines of followers, which are purged.
   */
  CompletionStage<Void> end(Outbox.Task task, Entry entry) {
    return find(task.owner(), entry.statusId())
        .thenCompose(
            value ->
                value == null
                    ? NOTHING
                    : settleDeleted(task.owner(), value)
                        .thenCompose(settled -> takeOut(task, value.status())));
  }

  private CompletionStage<StatusValue> find(Ref author, String id) {
    return social
        .values()
        .read(author.scope(), List.of(id), List.of())
        .thenApply(found -> found.statuses().get(id));
  }

  private CompletionStage<?> settleDeleted(Ref author, StatusValue value) {
    return social
        .posting()
        .settle(author.scope(), value.entry().statusId(), "d", StatusValue.rest(value.status()));
  }

  private CompletionStage<Void> created(Outbox.Task task, Status status, boolean isNew) {
    RequestContext scope = task.owner().scope();
    return social
        .values()
        .find(scope, task.owner())
        .thenCompose(
            author -> {
              if (author == null) {
                return NOTHING;
              }
              return social
                  .places()
                  .isPublic(scope, status, author)
                  .thenCompose(
                      isPublic ->
                          social
                              .places()
                              .bring(task.owner(), status, isPublic)
                              .thenCompose(
                                  done ->
                                      isPublic && isNew
                                          ? social.places().countMentions(scope, status)
                                          : NOTHING)
                              .thenCompose(done -> isPublic ? tell(scope, status) : NOTHING))
                  .thenCompose(done -> fanOut(task, Op.BRING, status, author));
            });
  }

  /** A repost says nothing that was not told. */
  private CompletionStage<Void> tell(RequestContext scope, Status status) {
    return sink == null || status.getRepostOf() != 0
        ? NOTHING
        : Outbox.done(sink.created(scope, status));
  }

  private CompletionStage<Void> untell(Outbox.Task task, Status status) {
    return sink == null || status.getRepostOf() != 0
        ? NOTHING
        : Outbox.done(sink.deleted(task.owner().scope(), status));
  }

  private CompletionStage<Void> deleted(Outbox.Task task, Status status) {
    Ref author = task.owner();
    String entry = Entry.of(status.getStatusId(), author.id()).text();
    return social
        .profiles()
        .forget(author.scope(), author, List.of(entry))
        .thenCompose(done -> takeOut(task, status))
        .thenCompose(done -> fanOut(task, Op.TAKE_OUT, status));
  }

  /** Out of conversation, tags, mentions and group, with its reposts and who liked it. */
  private CompletionStage<Void> takeOut(Outbox.Task task, Status status) {
    RequestContext scope = task.owner().scope();
    String id = Long.toString(status.getStatusId());
    return social
        .places()
        .takeOut(task.owner(), status)
        .thenCompose(done -> untell(task, status))
        .thenCompose(
            done -> status.getRepostOf() != 0 ? social.reactions().unclaim(scope, status) : NOTHING)
        .thenCompose(done -> social.reactions().deleteReposts(scope, id))
        .thenCompose(done -> social.reactions().forget(scope, id));
  }

  private CompletionStage<Void> fanOut(Outbox.Task task, Op op, Status status) {
    return social
        .values()
        .find(task.owner().scope(), task.owner())
        .thenCompose(author -> author == null ? NOTHING : fanOut(task, op, status, author));
  }

  private CompletionStage<Void> fanOut(Outbox.Task task, Op op, Status status, UserValue author) {
    Entry entry = Entry.of(status.getStatusId(), task.owner().id());
    return isForFollowers(op, status, author)
        ? social.fanOut().run(task, op, entry, author.buckets())
        : NOTHING;
  }

  /** What was posted before its author was merged in when read is in the timelines. */
  private static boolean isForFollowers(Op op, Status status, UserValue author) {
    if (status.getGroupId() != 0
        || status.getVisibility() == dev.quoin.social.v1.Visibility.VISIBILITY_MENTIONED) {
      return false;
    }
    return !author.isMerged()
        || op == Op.TAKE_OUT
            && Tickets.millis(status.getStatusId()) <= author.mergedMillis() + 60_000;
  }
}
