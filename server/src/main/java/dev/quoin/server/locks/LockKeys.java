// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one lock.
 *
 * <pre>
 * {prefix}:{namespace}:locks:{{name}}:owner           string      who holds it, or held it last, and until when: token, keeper, fence, time of the grant, end of the lease, lease, request id, label; expires a day after the last lease
 * {prefix}:{namespace}:locks:{{name}}:line            sorted set  waiters by ticket; expires 60 s after the last server that has a waiter looked after it
 * {prefix}:{namespace}:locks:{{name}}:servers         sorted set  servers that have waiters, by the time until which they count as alive; expires 60 s after the last mark
 * {prefix}:{namespace}:locks:{{name}}:request:{id}    string      that a request id was granted: lease and label; expires after 10 minutes
 * {prefix}:{namespace}:locks:{{name}}:hints:{server}  channel     grants for the waiters of one server; scripts make its name from that of the owner key
 * </pre>
 */
record LockKeys(String owner, String line, String servers, String entity) {

  static LockKeys of(Keyspace keyspace, String namespace, String name) {
    String entity = keyspace.entity(namespace, name);
    return new LockKeys(entity + "owner", entity + "line", entity + "servers", entity);
  }

  String request(String id) {
    return entity + "request:" + Keyspace.encode(id);
  }

  /** The channel of a server's hints is this and the server's name. */
  String hints() {
    return entity + "hints:";
  }
}
