// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.DeadFilter;
import dev.quoin.queues.v1.DeadReason;
import dev.quoin.queues.v1.ListDeadRequest;
import dev.quoin.queues.v1.ListDeadResponse;
import dev.quoin.queues.v1.RedriveRequest;
import dev.quoin.queues.v1.RedriveResponse;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Paging;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;

/** Dead letters: finding some of them and putting them back to work. */
final class DeadLetters {
  private static final int LOOKED_AT = 1_000;
  private static final int LOOKED_AT_ONCE = 200;
  private static final int MOST_BYTES = 1_048_576;

  private final TaskStore tasks;
  private final QueueAdmin admin;

  DeadLetters(TaskStore tasks, QueueAdmin admin) {
    this.tasks = tasks;
    this.admin = admin;
  }

  /** A walk over dead letters, some at a time, until enough are found or looked at. */
  private static final class Walk {
    final RequestContext scope;
    final String queue;
    final DeadFilter filter;
    final Predicate<TaskStatus> wantsMore;
    boolean enough;

    /**
     * @param wantsMore takes one that fits; false when that was enough
     */
    Walk(RequestContext scope, String queue, DeadFilter filter, Predicate<TaskStatus> wantsMore) {
      this.scope = scope;
      this.queue = queue;
      this.filter = filter;
      this.wantsMore = wantsMore;
    }

    void take(TaskStatus task) {
      enough = !wantsMore.test(task);
    }
  }

  CompletionStage<ListDeadResponse> list(
      RequestContext scope, ListDeadRequest request, int defaultSize) {
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            defaultSize,
            request.getPageToken(),
            request.getQueue(),
            request.getFilter());
    ListDeadResponse.Builder page = ListDeadResponse.newBuilder();
    int[] bytes = {0};
    Walk walk =
        new Walk(
            scope,
            request.getQueue(),
            request.getFilter(),
            task -> {
              page.addStatuses(task);
              bytes[0] += task.getSerializedSize();
              return page.getStatusesCount() < paging.size() && bytes[0] < MOST_BYTES;
            });
    return go(walk, paging.position(), 0)
        .thenApply(end -> page.setNextPageToken(paging.token(end)).build());
  }

  CompletionStage<RedriveResponse> redrive(RequestContext scope, RedriveRequest request) {
    Paging paging =
        Paging.of(
            scope,
            LOOKED_AT,
            LOOKED_AT,
            request.getPageToken(),
            request.getQueue(),
            request.getFilter(),
            request.getPerSecond());
    String from = paging.position();
    List<String> ids = new ArrayList<>();
    Walk walk =
        new Walk(scope, request.getQueue(), request.getFilter(), task -> ids.add(task.getTaskId()));
    return go(walk, from, 0)
        .thenCompose(
            end ->
                admin
                    .redrive(scope, request.getQueue(), request.getPerSecond(), from.isEmpty(), ids)
                    .thenApply(
                        redriven ->
                            RedriveResponse.newBuilder()
                                .setRedriven(redriven)
                                .setNextPageToken(paging.token(end))
                                .build()));
  }

  /** Answers the position it came to, empty at the end. */
  private CompletionStage<String> go(Walk walk, String position, int lookedAt) {
    return tasks
        .list(walk.scope, walk.queue, TaskState.TASK_STATE_DEAD, position, LOOKED_AT_ONCE)
        .thenCompose(
            page -> {
              String last = position;
              for (TaskStore.Listed one : page.listed()) {
                if (walk.enough) {
                  return CompletableFuture.completedFuture(last);
                }
                last = one.position();
                one.task().filter(task -> fits(walk.filter, task)).ifPresent(walk::take);
              }
              if (!page.more()) {
                return CompletableFuture.completedFuture("");
              }
              int looked = lookedAt + page.listed().size();
              return looked >= LOOKED_AT
                  ? CompletableFuture.completedFuture(last)
                  : go(walk, last, looked);
            });
  }

  private static boolean fits(DeadFilter filter, TaskStatus task) {
    Optional<String> error =
        Optional.of(task.getErrorsList())
            .filter(errors -> !errors.isEmpty())
            .map(errors -> errors.get(errors.size() - 1).getError());
    return (filter.getTaskIdsCount() == 0 || filter.getTaskIdsList().contains(task.getTaskId()))
        && (filter.getKind().isEmpty() || filter.getKind().equals(task.getKind()))
        && (filter.getDeadReason() == DeadReason.DEAD_REASON_UNSPECIFIED
            || filter.getDeadReason() == task.getDeadReason())
        && error.orElse("").contains(filter.getErrorContains());
  }
}
