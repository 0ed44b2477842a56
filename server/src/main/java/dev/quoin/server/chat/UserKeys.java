// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one user: which chats it is a member of, or was about to be. The chats are the truth;
 * what does not agree with them is taken out when it is read, a minute after it was noted.
 *
 * <pre>
 * {prefix}:{namespace}:chat:{%user:{user}}:chats    sorted set  chats by when they were first noted, in microseconds; at most 1,000; does not expire while there are any
 * {prefix}:{namespace}:chat:{%user:{user}}:noted    hash        when chats were last noted, in microseconds; at most 1,000; expires two minutes after the last one
 * {prefix}:{namespace}:chat:{%user:{user}}:changes  stream      about the 100 newest chats noted, ids 0-number; expires a day after the last one or stream
 * {prefix}:{namespace}:chat:{%user:{user}}:index    hash        number of the first change, until when servers listen, when all chats were looked at; expires a day after the last change or stream
 * {prefix}:{namespace}:chat:{%user:{user}}:hints    channel     numbers of new changes, for servers with streams; scripts make its name from that of the index key
 * </pre>
 */
record UserKeys(String chats, String noted, String changes, String index, String hints) {

  static UserKeys of(Keyspace keyspace, String namespace, String user) {
    String entity = keyspace.own(namespace, "user:" + Keyspace.encode(user));
    return new UserKeys(
        entity + "chats", entity + "noted", entity + "changes", entity + "index", entity + "hints");
  }
}
