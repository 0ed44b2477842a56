// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitResponse;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.watch.StateReader;

/** Tells one caller how a task stands, until it has ended. */
final class TaskReader extends StateReader<TaskStatus, WaitResponse> {
  @Override
  protected WaitResponse message(TaskStatus task) {
    return WaitResponse.newBuilder().setStatus(task).build();
  }

  @Override
  public boolean isLast(TaskStatus task) {
    return States.isEnd(task.getState());
  }

  @Override
  public WaitResponse reconnect() {
    return WaitResponse.newBuilder().setReconnect(Streams.draining()).build();
  }
}
