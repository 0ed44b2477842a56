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
 * @param holder who has the lease as Redis knows it
 */
record Lease(LeasedTask task, String kind, String holder) {
  /** The next one that the reply of lua/queues/lease.lua tells about. */
  static Lease next(String queue, String holder, Reply reply) {
    String id = reply.text();
    TaskRecord record = new TaskRecord(reply.bytes());
    ByteString content = record.payload(reply.bytes());
    int attempt = reply.count();
    long fence = reply.integer();
    LeasedTask.Builder task =
        LeasedTask.newBuilder()
            .setQueue(queue)
            .setTaskId(id)
            .setKind(record.kind())
            .setAttempt(attempt)
            .setToken(String.valueOf(fence))
            .setFence(fence)
            .setExpireTime(Timestamps.fromMillis(reply.integer()))
            .setEnqueueTime(TaskId.time(id))
            .setFairnessKey(record.fairnessKey());
    if (record.isText()) {
      task.setPayloadTextBytes(content);
    } else if (!content.isEmpty()) {
      task.setPayload(content);
    }
    long limit = reply.integer();
    if (limit > 0) {
      task.setTimeoutTime(Timestamps.fromMillis(limit));
    }
    return new Lease(task.build(), record.kind(), holder);
  }

  LeaseRef ref() {
    return new LeaseRef(task.getQueue(), task.getTaskId(), task.getToken());
  }
}
