// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one lock.
 *
 * <pre>
 * {prefix}:{namespace}:locks:{{name}}:owner           string      who holds it, or held it last, and until when: token, keepers, fence, time of the grant, end of the lease, lease, request id, label; token + when readers hold it; expires a day after the last lease
 * {prefix}:{namespace}:locks:{{name}}:line            sorted set  waiters by ticket; expires 60 s after the last server that has a waiter looked after it
 * {prefix}:{namespace}:locks:{{name}}:marks           sorted set  who is there until when: servers that have waiters, * for those that watch, tokens of readers with the negative end of their lease; expires 15 s after the last server's mark, or with the last reader's lease
 * {prefix}:{namespace}:locks:{{name}}:shares          hash        what each reader was granted, by token: keepers, fence, time of the grant, lease, request id, label; expires with the last lease
 * {prefix}:{namespace}:locks:{{name}}:request:{id}    string      that a request id was granted: token and what was asked for; expires after 10 minutes or the lease, whichever is longer, or that the request was given up (token -), for 10 minutes
 * {prefix}:{namespace}:locks:{{name}}:revoked         hash        tokens whose grant Revoke ended, with the time until which that is to be remembered, in ms, and its explanation, 10,000 at most; expires with the last of them: after 10 minutes or when the lease would have ended, whichever is later
 * {prefix}:{namespace}:locks:{{name}}:hints:{server}  channel     grants for the waiters of one server; scripts make its name from that of the owner key
 * {prefix}:{namespace}:locks:{{name}}:events          channel     changes, for the servers that watch; scripts make its name from that of the owner key
 * </pre>
 */
record LockKeys(String entity) {
  /** The part of the key that every lock in use has. */
  static final String OWNER = "owner";

  static LockKeys of(Keyspace keyspace, String namespace, String name) {
    return new LockKeys(keyspace.entity(namespace, name));
  }

  /** What taking a free lock takes. */
  String[] free() {
    return new String[] {key(OWNER), key("line"), key("marks")};
  }

  /** All that handing it on takes. */
  String[] all() {
    return new String[] {key(OWNER), key("line"), key("marks"), key("shares")};
  }

  /** The same and the memory of a request id. */
  String[] withRequest(String id) {
    return and("request:" + Keyspace.encode(id));
  }

  /** The same and the memory of revocations. */
  String[] withRevoked() {
    return and("revoked");
  }

  String revoked() {
    return key("revoked");
  }

  /** The channel of a server's hints is this and the server's name. */
  String hints() {
    return key("hints:");
  }

  /** The channel of changes. */
  String events() {
    return key("events");
  }

  private String[] and(String part) {
    return new String[] {key(OWNER), key("line"), key("marks"), key("shares"), key(part)};
  }

  private String key(String part) {
    return entity + part;
  }
}
