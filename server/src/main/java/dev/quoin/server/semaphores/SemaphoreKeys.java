// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one semaphore.
 *
 * <pre>
 * {prefix}:{namespace}:semaphores:{{name}}:state           string      limit, default lease, permits in use, last fence, how long the next two live, 'c' or 'u'; never expires when configured ('c'), for it is configuration; when made by use ('u'), a day after the last lease
 * {prefix}:{namespace}:semaphores:{{name}}:holders         sorted set  ids of holders by the end of their lease; expires at least a minute after the last lease
 * {prefix}:{namespace}:semaphores:{{name}}:grants          hash        what is known of each holder, by id: permits, end of the lease, time of the grant, fence, keepers, token, request id, label; expires with the holders
 * {prefix}:{namespace}:semaphores:{{name}}:line            sorted set  waiters by ticket; expires 60 s after the last server that has a waiter looked after it
 * {prefix}:{namespace}:semaphores:{{name}}:servers         sorted set  servers that have waiters, by the time until which they count as alive; expires 15 s after the last mark
 * {prefix}:{namespace}:semaphores:{{name}}:request:{id}    string      that a request id was granted: token and what was asked for; expires after 10 minutes or the lease, whichever is longer, or that the request was given up (token -), for 10 minutes
 * {prefix}:{namespace}:semaphores:{{name}}:revoked:{id}    string      why a holder's permits were taken away; expires when its lease would have ended, but not within 10 minutes
 * {prefix}:{namespace}:semaphores:{{name}}:hints:{server}  channel     grants for the waiters of one server; scripts make its name from that of the state key
 * </pre>
 */
record SemaphoreKeys(String entity) {
  /** How much of a token names its holder; the rest proves the ownership. */
  private static final int ID_LENGTH = 11;

  /** The part of every semaphore that has a limit. */
  static final String STATE = "state";

  static SemaphoreKeys of(Keyspace keyspace, String namespace, String name) {
    return new SemaphoreKeys(keyspace.entity(namespace, name));
  }

  /** What the scripts take. */
  String[] all() {
    return new String[] {
      entity + STATE, entity + "holders", entity + "grants", entity + "line", entity + "servers"
    };
  }

  /** The same and the memory of a request id. */
  String[] withRequest(String id) {
    return and(entity + "request:" + Keyspace.encode(id));
  }

  /** The same and why the permits of a holder were revoked. */
  String[] withRevoked(String id) {
    return and(revoked(id));
  }

  static String idOf(String token) {
    return token.length() > ID_LENGTH ? token.substring(0, ID_LENGTH) : token;
  }

  String revoked(String id) {
    return entity + "revoked:" + Keyspace.encode(id);
  }

  /** The channel of a server's hints is this and the server's name. */
  String hints() {
    return entity + "hints:";
  }

  private String[] and(String key) {
    return new String[] {
      entity + STATE,
      entity + "holders",
      entity + "grants",
      entity + "line",
      entity + "servers",
      key
    };
  }
}
