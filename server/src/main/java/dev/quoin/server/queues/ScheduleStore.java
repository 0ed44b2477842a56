// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Schedules in Redis. The schedule itself stands with its queue and is the truth; the index of all
 * schedules only says which ones have to be looked at.
 */
final class ScheduleStore {
  private static final LuaScript NOTE = LuaScript.load("queues/schedule_note");
  private static final LuaScript DUE = LuaScript.load("queues/schedule_due");
  private static final LuaScript LATER = LuaScript.load("queues/schedule_later");
  private static final LuaScript PUT = LuaScript.load("queues/schedule_put");
  private static final LuaScript GET = LuaScript.load("queues/schedule_get");
  private static final LuaScript LIST = LuaScript.load("queues/schedule_list");
  private static final LuaScript DELETE = LuaScript.load("queues/schedule_delete");
  private static final LuaScript RUN = LuaScript.load("queues/schedule_run");
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);
  private static final int MOST = 100_000;

  /**
   * However late its next run is, a schedule is looked at after so long, to see that it is right.
   */
  private static final long LATEST_MILLIS = 6 * 3_600_000;

  private static final int MOST_OF_A_QUEUE = 1_000;

  private final QueueStore queues;
  private final ScheduleKeys keys;

  ScheduleStore(QueueStore queues, ScheduleKeys keys) {
    this.queues = queues;
    this.keys = keys;
  }

  /**
   * A schedule that has to be looked at.
   *
   * @param inMillis in how many ms
   * @param noted when, as the index has it
   */
  record Due(ScheduleRef ref, long inMillis, String noted) {}

  /**
   * A schedule looked at.
   *
   * @param stored null when there is none
   * @param nowMillis the time by the clock of Redis
   */
  record Look(StoredSchedule stored, long nowMillis) {}

  /**
   * How a run goes: its task is added, or added unless the one before is unfinished, or not; or
   * there is no run, and when the next one is was wrong.
   */
  enum Mode {
    LEAVE_OUT,
    ADD,
    ADD_IF_ENDED,
    CORRECT
  }

  /** Adds or replaces a schedule; answers when it runs next, 0 for never. */
  CompletionStage<Long> put(RequestContext scope, PutScheduleRequest request, Cron cron) {
    ScheduleRef ref = new ScheduleRef(scope.namespace(), request.getQueue(), request.getName());
    return note(scope, ref)
        .thenCompose(
            noted -> {
              long next = next(cron, noted.integer());
              return queues
                  .names()
                  .record(
                      scope,
                      ref.queue(),
                      run(
                          PUT,
                          scope,
                          ref,
                          ref.name(),
                          next,
                          request.toByteArray(),
                          MOST_OF_A_QUEUE));
            })
        // Who looked meanwhile may have seen what it was before, and noted that.
        .thenCompose(put -> note(scope, ref).thenApply(noted -> put.integer()));
  }

  /** When a cron expression runs after a time, 0 for never. */
  static long next(Cron cron, long afterMillis) {
    return cron.after(Instant.ofEpochMilli(afterMillis)).map(Instant::toEpochMilli).orElse(0L);
  }

  CompletionStage<StoredSchedule> get(RequestContext scope, ScheduleRef ref) {
    return look(scope, ref)
        .thenApply(
            look -> {
              if (look.stored() == null) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_SCHEDULE_NOT_FOUND, "the queue has no such schedule");
              }
              return look.stored();
            });
  }

  CompletionStage<Look> look(RequestContext scope, ScheduleRef ref) {
    return run(GET, scope, ref, ref.name())
        .thenApply(
            reply -> {
              byte[] written = reply.bytes();
              return new Look(
                  written.length == 0 ? null : StoredSchedule.of(written), reply.integer());
            });
  }

  /**
   * A page of schedules.
   *
   * @param next position after which the next page begins, empty when there is none
   */
  record Page(List<StoredSchedule> schedules, String next) {}

  /**
   * Schedules in byte order of queue and name.
   *
   * @param queue empty for all
   * @param after position after which to begin, empty for the beginning
   */
  CompletionStage<Page> list(RequestContext scope, String queue, String after, int size) {
    String prefix = queue.isEmpty() ? "" : queue + '\n';
    return scripts()
        .run(LIST, scope, new String[] {keys.names(scope.namespace())}, prefix, after, size + 1)
        .thenCompose(reply -> page(scope, reply, size));
  }

  private CompletionStage<Page> page(RequestContext scope, Reply reply, int size) {
    List<CompletableFuture<Look>> looks = new ArrayList<>();
    String last = "";
    while (reply.hasMore() && looks.size() < size) {
      last = reply.text();
      ScheduleRef ref = ScheduleRef.of(scope.namespace() + '\n' + last);
      looks.add(look(scope, ref).toCompletableFuture());
    }
    String next = reply.hasMore() ? last : "";
    return CompletableFuture.allOf(looks.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                new Page(
                    looks.stream()
                        .map(look -> look.getNow(null).stored())
                        .filter(Objects::nonNull)
                        .toList(),
                    next));
  }

  /** Ends a schedule. It is looked at once more, so that the index forgets it. */
  CompletionStage<?> delete(RequestContext scope, ScheduleRef ref) {
    return run(DELETE, scope, ref, ref.name())
        .thenCompose(deleted -> note(scope, ref).handle((noted, failure) -> deleted));
  }

  /** Which schedules have to be looked at within so many ms. */
  CompletionStage<List<Due>> due(long aheadMillis, int most) {
    return scripts()
        .run(DUE, EVERYWHERE, new String[] {keys.index()}, aheadMillis, most, LATEST_MILLIS)
        .thenApply(
            reply -> {
              List<Due> due = new ArrayList<>();
              while (reply.hasMore()) {
                due.add(new Due(ScheduleRef.of(reply.text()), reply.integer(), reply.text()));
              }
              return due;
            });
  }

  /**
   * Notes when a schedule has to be looked at next, 0 for never; unless something has been noted
   * since it was found to be due.
   */
  CompletionStage<Reply> later(Due due, long nextMillis) {
    return scripts()
        .run(
            LATER,
            EVERYWHERE,
            keys.of(due.ref().namespace()),
            due.ref().member(),
            nextMillis == 0 ? "" : nextMillis,
            due.noted(),
            LATEST_MILLIS);
  }

  /** Runs a schedule once, unless somebody else has. */
  CompletionStage<Boolean> run(
      ScheduleRef ref, StoredSchedule schedule, long nextMillis, Mode mode) {
    QueueKeys queue = queues.keys(ref.scope(), ref.queue());
    var task = schedule.definition().getTask();
    return scripts()
        .run(
            RUN,
            ref.scope(),
            queue.and(queue.schedules()),
            ref.name(),
            schedule.nextMillis(),
            nextMillis,
            schedule.bytes(),
            mode.ordinal(),
            TaskId.ending(),
            TaskRecord.of(task).bytes(),
            TaskRecord.hasLongPayload(task) ? TaskRecord.content(task).toByteArray() : "")
        .thenApply(Reply::flag);
  }

  private CompletionStage<Reply> note(RequestContext scope, ScheduleRef ref) {
    return scripts().run(NOTE, scope, keys.of(ref.namespace()), ref.member(), MOST);
  }

  private CompletionStage<Reply> run(
      LuaScript script, RequestContext scope, ScheduleRef ref, Object... arguments) {
    String[] key = {queues.keys(scope, ref.queue()).schedules()};
    return scripts().run(script, scope, key, arguments);
  }

  private Scripts scripts() {
    return queues.scripts();
  }
}
