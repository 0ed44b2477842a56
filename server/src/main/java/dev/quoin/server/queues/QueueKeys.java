// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.Keyspace;
import java.util.Arrays;

/**
 * The keys of one queue. What is in them stands in {@code lua/queues/_queue.lua}.
 *
 * <pre>
 * {prefix}:{namespace}:queues:{{queue}}:meta            hash        last number, number of tasks, settings, rates, turns and leases of fairness keys, for 5 minutes calls whose answers were lost; expires 40 days after the last change once there are neither tasks nor settings
 * {prefix}:{namespace}:queues:{{queue}}:tasks           hash        tasks that have not finished, with payload, state, errors and progress; does not expire, because an accepted task is never lost; at most max_tasks
 * {prefix}:{namespace}:queues:{{queue}}:ready           sorted set  tasks that could start, in the order in which they will; does not expire: see tasks
 * {prefix}:{namespace}:queues:{{queue}}:delayed         sorted set  tasks by when they start; does not expire: see tasks
 * {prefix}:{namespace}:queues:{{queue}}:leased          sorted set  tasks that workers have, by the end of the lease; does not expire: see tasks
 * {prefix}:{namespace}:queues:{{queue}}:parked          sorted set  tasks held back by the limit of their fairness key, by key and age; does not expire: see tasks
 * {prefix}:{namespace}:queues:{{queue}}:dead            sorted set  dead letters by when they died; the newest 1,000,000 of the last 30 days
 * {prefix}:{namespace}:queues:{{queue}}:done            hash        how tasks ended and their results; expires with their retention, the newest 100,000; 8 days after the last one at the latest
 * {prefix}:{namespace}:queues:{{queue}}:finished        sorted set  the same tasks by when they will be forgotten; expires as done
 * {prefix}:{namespace}:queues:{{queue}}:waiters         sorted set  servers with idle workers by when they last said so; expires 15 s after the last one did
 * {prefix}:{namespace}:queues:{{queue}}:dedup           hash        tasks by dedup key and until when that counts; expires 7 days after the last task with a dedup key
 * {prefix}:{namespace}:queues:{{queue}}:request:{id}    string      the answer to a request id; expires after 10 minutes
 * {prefix}:{namespace}:queues:{{queue}}:lease:{id}      string      what was leased for a request id, or that it was given up; expires with those leases, after 10 minutes at the latest
 * {prefix}:{namespace}:queues:{{queue}}:schedules       hash        schedules that add tasks to the queue; does not expire, because a schedule lives until it is deleted; at most 1,000
 * {prefix}:{namespace}:queues:{{queue}}:hints:{server}  channel     hints for the workers of one server
 * {prefix}:{namespace}:queues:{{queue}}:changes:{id}    channel     the task has changed, while somebody waits for tasks
 * </pre>
 */
record QueueKeys(String entity, String[] all) {
  private static final String[] PARTS = {
    "meta", "tasks", "ready", "delayed", "leased", "parked", "dead", "done", "finished", "waiters"
  };

  static QueueKeys of(Keyspace keyspace, String namespace, String queue) {
    String entity = keyspace.entity(namespace, queue);
    String[] all = new String[PARTS.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = entity + PARTS[i];
    }
    return new QueueKeys(entity, all);
  }

  /** The keys of all scripts, and more. */
  String[] and(String... more) {
    String[] keys = Arrays.copyOf(all, all.length + more.length);
    System.arraycopy(more, 0, keys, all.length, more.length);
    return keys;
  }

  String dedup() {
    return entity + "dedup";
  }

  String request(String id) {
    return entity + "request:" + Keyspace.encode(id);
  }

  /** What was leased for the id of a request. */
  String lease(String id) {
    return entity + "lease:" + Keyspace.encode(id);
  }

  String schedules() {
    return entity + "schedules";
  }

  /** The channel of a server's hints is this and the server's name. */
  String hints() {
    return entity + "hints:";
  }

  String changes(String taskId) {
    return entity + "changes:" + taskId;
  }
}
