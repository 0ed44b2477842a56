// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.RequestContext;

/** Names a schedule among those of all namespaces. */
record ScheduleRef(String namespace, String queue, String name) {

  static ScheduleRef of(String member) {
    String[] parts = member.split("\n", 3);
    return new ScheduleRef(parts[0], parts[1], parts[2]);
  }

  /** How it is written in the index: none of the parts has a line feed. */
  String member() {
    return namespace + '\n' + queue + '\n' + name;
  }

  RequestContext scope() {
    return new RequestContext(namespace, null);
  }
}
