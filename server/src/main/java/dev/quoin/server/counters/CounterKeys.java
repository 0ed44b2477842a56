// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one counter. The shape is a hash of the settings counter-precisions and
 * counter-samples.
 *
 * <pre>
 * {prefix}:{namespace}:counters:{{name}}:series-{shape}  string   the newest increments and, once there were more than 32 seconds with any, the samples of all precisions as 64-bit numbers; lua/counters/_series.lua has the layout; expires with the newest sample of the longest precision
 * {prefix}:{namespace}:counters:{{name}}:series-{shape}  channel  that a counter has changed since it was last looked at for those who watch it
 * {prefix}:{namespace}:counters:{{name}}:request:{id}    string   that a request id was used: a hash of the increments, and the answer; expires after 10 minutes
 * </pre>
 */
record CounterKeys(String series, String entity) {

  static CounterKeys of(Keyspace keyspace, String namespace, String name, String shape) {
    String entity = keyspace.entity(namespace, name);
    return new CounterKeys(entity + "series-" + shape, entity);
  }

  String request(String id) {
    return entity + "request:" + Keyspace.encode(id);
  }
}
