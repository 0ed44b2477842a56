// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Progress;

/** Names one lease of a task. */
record LeaseRef(String queue, String taskId, String token) {

  static LeaseRef of(Progress lease) {
    return new LeaseRef(lease.getQueue(), lease.getTaskId(), lease.getToken());
  }

  Progress progress() {
    return Progress.newBuilder().setQueue(queue).setTaskId(taskId).setToken(token).build();
  }
}
