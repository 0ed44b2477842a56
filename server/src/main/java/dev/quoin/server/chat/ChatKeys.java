// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.rpc.Once;

/**
 * The keys of one chat. None expires while the chat has members: being one is a fact, not a cache.
 *
 * <pre>
 * {prefix}:{namespace}:chat:{{chat}}:head     hash        first and newest position, number of the newest message and of the last one before the chat was made, bytes so far and of what was removed, limits, until when servers listen; once the last member has left only the counters, which expire after 400 days
 * {prefix}:{namespace}:chat:{{chat}}:log      list        what happened, in order; bounded in number, age and bytes; expires 17/16 of the chat's age limit after its last entry, sooner when all is acknowledged
 * {prefix}:{namespace}:chat:{{chat}}:seen     sorted set  members by the last message they have acknowledged; at most 10,000
 * {prefix}:{namespace}:chat:{{chat}}:members  sorted set  members by name, with position, number of messages and time when they joined; at most 10,000
 * {prefix}:{namespace}:chat:{{chat}}:staff    sorted set  owners by minus the position at which they became that, moderators by the position; at most 100
 * {prefix}:{namespace}:chat:{{chat}}:request:{creator}:{request_id}     string      that a chat was made by a request: digest of it, number of the first message and time; expires after 10 minutes
 * {prefix}:{namespace}:chat:{{chat}}:sent:{sender}:{client_message_id}  string      that a message was sent with an id: digest of the request, number and time; expires after 10 minutes
 * {prefix}:{namespace}:chat:{{chat}}:hints    channel     positions of new entries and signals, for servers with streams; scripts make its name from that of the head key
 * </pre>
 */
record ChatKeys(String entity) {

  static ChatKeys of(Keyspace keyspace, String namespace, String chat) {
    return new ChatKeys(keyspace.entity(namespace, chat));
  }

  /** Some of the keys, by their parts. */
  String[] keys(String... parts) {
    String[] keys = new String[parts.length];
    for (int i = 0; i < parts.length; i++) {
      keys[i] = entity + parts[i];
    }
    return keys;
  }

  /** The part of the key that remembers a request of a user. */
  static String request(String user, Once once) {
    return "request:" + Keyspace.encode(user) + ':' + Keyspace.encode(once.id());
  }

  /** The part of the key that remembers a message of a user. */
  static String sent(String user, Once once) {
    return "sent:" + Keyspace.encode(user) + ':' + Keyspace.encode(once.id());
  }

  String hints() {
    return entity + "hints";
  }
}
