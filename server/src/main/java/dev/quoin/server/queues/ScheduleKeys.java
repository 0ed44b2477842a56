// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.Keyspace;

/**
 * The key by which the schedules of all namespaces are found; the schedules stand with their
 * queues.
 *
 * <pre>
 * {prefix}:-:queues:{%schedules}:index  sorted set  schedules (namespace, line feed, queue, line feed, name) by when they have to be looked at; does not expire, because schedules do not
 * {prefix}:-:queues:{%schedules}:names:{namespace}  sorted set  the schedules of a namespace (queue, line feed, name) in order, all with score 0; does not expire, because schedules do not; at most 100,000
 * </pre>
 *
 * @param index the first key
 * @param entity what the keys begin with
 */
record ScheduleKeys(String index, String entity) {

  static ScheduleKeys of(Keyspace keyspace) {
    String entity = keyspace.own("-", "schedules");
    return new ScheduleKeys(entity + "index", entity);
  }

  /** The keys that a schedule stands in, of all and of its namespace. */
  String[] of(String namespace) {
    return new String[] {index, names(namespace)};
  }

  String names(String namespace) {
    return entity + "names:" + namespace;
  }
}
