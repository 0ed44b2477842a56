// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.Keyspace;

/**
 * The key by which the schedules of all namespaces are found; the schedules stand with their
 * queues.
 *
 * <pre>
 * {prefix}:-:queues:{%schedules}:index  sorted set  schedules (namespace, line feed, queue, line feed, name) by when they have to be looked at; does not expire, because schedules do not; at most 100,000
 * </pre>
 */
record ScheduleKeys(String index) {

  static ScheduleKeys of(Keyspace keyspace) {
    return new ScheduleKeys(keyspace.own("-", "schedules") + "index");
  }
}
