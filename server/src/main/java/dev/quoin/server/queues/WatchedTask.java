// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watched;
import java.util.concurrent.CompletionStage;

/**
 * A task whose end somebody waits for. Scripts hint at changes of a queue's tasks as long as one of
 * them is watched.
 *
 * @param scope whose task
 */
record WatchedTask(TaskStore tasks, RequestContext scope, String queue, String id)
    implements Watched<TaskStatus> {
  /** How long scripts hint at changes after a task was loaded. */
  private static final long HINTED_MILLIS = 3 * WatchSettings.USUAL.sweepMillis();

  @Override
  public String channel() {
    return tasks.queues().keys(scope, queue).changes(id);
  }

  @Override
  public CompletionStage<Look<TaskStatus>> load(TaskStatus known) {
    return tasks.get(scope, queue, id, HINTED_MILLIS, false).thenApply(Look::at);
  }
}
