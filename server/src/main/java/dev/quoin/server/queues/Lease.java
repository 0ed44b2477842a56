// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.server.redis.Reply;

/**
 * A task that was leased just now.
 *
 * @param task what its worker is told
 * @param kind of the task
 */
record Lease(LeasedTask task, String kind) {
  /** How many values a script tells about one. */
  static final int VALUES = 7;

  static Lease of(String queue, Reply reply, int at) {
    String id = reply.text(at);
    TaskRecord record = new TaskRecord(reply.bytes(at + 1));
    long fence = reply.integer(at + 4);
    LeasedTask.Builder task =
        LeasedTask.newBuilder()
            .setQueue(queue)
            .setTaskId(id)
            .setKind(record.kind())
            .setAttempt((int) reply.integer(at + 3))
            .setToken(String.valueOf(fence))
            .setFence(fence)
            .setExpireTime(Timestamps.fromMillis(reply.integer(at + 5)))
            .setEnqueueTime(TaskId.time(id))
            .setFairnessKey(record.fairnessKey());
    ByteString content = record.payload(reply.bytes(at + 2));
    if (record.isText()) {
      task.setTextBytes(content);
    } else if (!content.isEmpty()) {
      task.setPayload(content);
    }
    long limit = reply.integer(at + 6);
    if (limit > 0) {
      task.setTimeoutTime(Timestamps.fromMillis(limit));
    }
    return new Lease(task.build(), record.kind());
  }

  LeaseRef ref() {
    return new LeaseRef(task.getQueue(), task.getTaskId(), task.getToken());
  }
}
