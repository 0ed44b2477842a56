// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys that belong to nobody.
 *
 * <pre>
 * {prefix}:-:social:{%work}:last   string      time and number of the last id that was given out; expires after a day
 * {prefix}:-:social:{%work}:due    sorted set  outboxes by the time in ms at which they are looked at; one is forgotten a minute after it was last written
 * {prefix}:-:social:{%work}:noted  sorted set  the same by when they were last about to be written
 * {prefix}:{namespace}:social:{%login:{login}}:login                 string  the user who has the login, with a question mark before it while it is only reserved; then it expires after 10 minutes
 * {prefix}:{namespace}:social:{%mentions}:hour:{hour}  sorted set  who mentioned whom how often in an hour; at most 10,000 pairs; expires after two hours
 * {prefix}:{namespace}:social:{%mentions}:day:{day}    sorted set  the same of a day; expires after two days
 * {prefix}:{namespace}:social:{%reports}:reports  hash        reports by their ids; at most 110,000
 * {prefix}:{namespace}:social:{%reports}:open     sorted set  ids of open reports; at most 100,000
 * {prefix}:{namespace}:social:{%reports}:closed   sorted set  ids of closed reports; at most 10,000
 * {prefix}:{namespace}:social:{%reports}:who      hash        which open report is whose and about what
 * {prefix}:{namespace}:social:{%login:{login}}:request:{request_id}  string  reply to a request; expires after 10 minutes
 * </pre>
 */
record WorkKeys(String last, String due, String noted) {

  static WorkKeys of(Keyspace keyspace) {
    String entity = keyspace.own("-", "work");
    return new WorkKeys(entity + "last", entity + "due", entity + "noted");
  }

  /** The beginning of the keys of a login. */
  static String login(Keyspace keyspace, String namespace, String folded) {
    return keyspace.own(namespace, "login:" + Keyspace.encode(folded));
  }
}
