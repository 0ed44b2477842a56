// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.Progress;

/** What a worker says about one task: one of the three. */
record Said(Done ack, Failed nack, Progress progress) {
  String queue() {
    return ack != null ? ack.getQueue() : nack != null ? nack.getQueue() : progress.getQueue();
  }

  String taskId() {
    return ack != null ? ack.getTaskId() : nack != null ? nack.getTaskId() : progress.getTaskId();
  }

  /** The lease it is about. */
  LeaseRef ref() {
    String token =
        ack != null ? ack.getToken() : nack != null ? nack.getToken() : progress.getToken();
    return new LeaseRef(queue(), taskId(), token);
  }

  /** Whether both can be said to Redis in one step. */
  boolean goesWith(Said other) {
    return (ack == null) == (other.ack == null)
        && (nack == null) == (other.nack == null)
        && queue().equals(other.queue());
  }
}
