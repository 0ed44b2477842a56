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
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.PageToken;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Dead letters: finding some of them and putting them back to work. */
final class DeadLetters {
  private static final int LOOKED_AT = 1_000;
  private static final int LOOKED_AT_ONCE = 200;

  private final TaskStore tasks;
  private final QueueAdmin admin;

  DeadLetters(TaskStore tasks, QueueAdmin admin) {
    this.tasks = tasks;
    this.admin = admin;
  }

  /**
   * A walk over dead letters, some at a time, until enough are found or looked at.
   *
   * @param most how many to find
   * @param found those that fit
   */
  private record Walk(
      Scope scope, String queue, DeadFilter filter, int most, List<TaskStatus> found) {}

  CompletionStage<ListDeadResponse> list(Scope scope, ListDeadRequest request, int pageSize) {
    Object[] asked = {"dead", scope.namespace(), request.getQueue(), request.getFilter()};
    Walk walk =
        new Walk(scope, request.getQueue(), request.getFilter(), pageSize, new ArrayList<>());
    return go(walk, PageToken.position(request.getPageToken(), asked), 0)
        .thenApply(
            end ->
                ListDeadResponse.newBuilder()
                    .addAllStatuses(walk.found())
                    .setNextPageToken(end.isEmpty() ? "" : PageToken.of(end, asked))
                    .build());
  }

  CompletionStage<RedriveResponse> redrive(Scope scope, RedriveRequest request) {
    Object[] asked = {
      "redrive", scope.namespace(), request.getQueue(), request.getFilter(), request.getPerSecond()
    };
    String from = PageToken.position(request.getPageToken(), asked);
    Walk walk =
        new Walk(scope, request.getQueue(), request.getFilter(), LOOKED_AT, new ArrayList<>());
    return go(walk, from, 0)
        .thenCompose(
            end ->
                redrive(walk, request.getPerSecond(), from.isEmpty())
                    .thenApply(
                        redriven ->
                            RedriveResponse.newBuilder()
                                .setRedriven(redriven)
                                .setNextPageToken(end.isEmpty() ? "" : PageToken.of(end, asked))
                                .build()));
  }

  private CompletionStage<Integer> redrive(Walk walk, int perSecond, boolean begins) {
    List<String> ids = walk.found().stream().map(TaskStatus::getTaskId).toList();
    return ids.isEmpty()
        ? CompletableFuture.completedFuture(0)
        : admin.redrive(walk.scope(), walk.queue(), perSecond, begins, ids);
  }

  /** Answers the position it came to, empty at the end. */
  private CompletionStage<String> go(Walk walk, String position, int lookedAt) {
    return tasks
        .list(walk.scope(), walk.queue(), TaskState.TASK_STATE_DEAD, position, LOOKED_AT_ONCE)
        .thenCompose(
            page -> {
              String last = position;
              for (TaskStore.Listed one : page.listed()) {
                if (walk.found().size() == walk.most()) {
                  return CompletableFuture.completedFuture(last);
                }
                last = one.position();
                one.task().filter(task -> fits(walk.filter(), task)).ifPresent(walk.found()::add);
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
