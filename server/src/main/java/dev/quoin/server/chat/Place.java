// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.Role;
import dev.quoin.server.redis.Reply;

/**
 * Where a user stands in a chat.
 *
 * @param newest position of the newest entry
 * @param messages number of the newest message
 * @param kept position before the first entry that is kept
 * @param firstKept number of the first message that is kept, or else of the one to come
 * @param acknowledged number of the last message the user has acknowledged
 * @param acknowledgedAt its position, as far as that is kept
 * @param joinedAt position at which the user joined
 * @param joinedAfter number of the last message before that
 * @param members how many members the chat has
 * @param millis when the newest message was sent
 */
record Place(
    boolean member,
    long newest,
    long messages,
    long kept,
    long firstKept,
    long acknowledged,
    long acknowledgedAt,
    long joinedAt,
    long joinedAfter,
    Role role,
    long members,
    long millis) {

  static Place of(Reply reply) {
    return reply.flag()
        ? new Place(
            true,
            reply.integer(),
            reply.integer(),
            reply.integer(),
            reply.integer(),
            reply.integer(),
            reply.integer(),
            reply.integer(),
            reply.integer(),
            Role.forNumber(reply.count()),
            reply.integer(),
            reply.integer())
        : new Place(false, reply.integer(), 0, 0, 0, 0, 0, 0, 0, Role.ROLE_UNSPECIFIED, 0, 0);
  }
}
