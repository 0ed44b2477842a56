// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one chat. None expires while the chat has members: being one is a fact, not a cache.
 *
 * <pre>
 * {prefix}:{namespace}:chat:{{chat}}:head     hash        first and newest position, number of the newest message, bytes so far and of what was removed, limits, until when servers listen; once the last member has left only the counters, which expire after 400 days
 * {prefix}:{namespace}:chat:{{chat}}:log      list        what happened, in order; bounded in number, age and bytes; expires 17/16 of the chat's age limit after its last entry, sooner when all is acknowledged
 * {prefix}:{namespace}:chat:{{chat}}:seen     sorted set  members by the last message they have acknowledged; at most 10,000
 * {prefix}:{namespace}:chat:{{chat}}:members  sorted set  members by name, with position, number of messages and time when they joined; at most 10,000
 * {prefix}:{namespace}:chat:{{chat}}:staff    sorted set  owners by minus the position at which they became that, moderators by the position; at most 100
 * {prefix}:{namespace}:chat:{{chat}}:sent:0   hash        client_message_id and sender of messages, with number, time and digest; at most 10,000; expires 20 minutes after the last one
 * {prefix}:{namespace}:chat:{{chat}}:sent:1   hash        the same; the two take turns
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

  String hints() {
    return entity + "hints";
  }
}
