// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.Arrays;

/**
 * What the queue of a connection has to know about a command.
 *
 * @param first whether it goes before new work: it keeps or gives back what somebody has
 * @param bytes how long it is, about
 * @param reply what is known of the length of its reply
 * @param read what it reads, when all who ask for that can have the same reply; otherwise null
 */
record CommandProfile(boolean first, int bytes, ReplySize reply, Read read) {
  private static final int USUAL_BYTES = 256;

  /** Of a command with a short reply. */
  static final CommandProfile SMALL =
      new CommandProfile(false, USUAL_BYTES, ReplySize.known(USUAL_BYTES), null);

  /** As {@link #SMALL}, for what must not wait behind new work. */
  static final CommandProfile FIRST = new CommandProfile(true, USUAL_BYTES, SMALL.reply(), null);

  /** Of a command with a long reply. */
  static CommandProfile reading(ReplySize reply) {
    return new CommandProfile(false, USUAL_BYTES, reply, null);
  }

  /** Of a script. */
  static CommandProfile of(LuaScript script, ReplySize reply, String[] keys, Object[] arguments) {
    int bytes = USUAL_BYTES;
    for (Object argument : arguments) {
      if (argument instanceof byte[] value) {
        bytes += value.length;
      } else if (argument instanceof String text) {
        bytes += text.length();
      }
    }
    Read read = script.readsOnly() ? new Read(script, keys, arguments) : null;
    return new CommandProfile(script.goesFirst(), bytes, reply, read);
  }

  /** How much it and its reply take while it waits: of a reply never seen nothing is known. */
  long waitingBytes() {
    return bytes + reply.learned();
  }

  /** How much it and its reply take once it is sent. */
  long bytesUnderWay() {
    return bytes + reply.expected();
  }

  /** A script that reads, and what it is given. */
  record Read(LuaScript script, String[] keys, Object[] arguments) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Read read
          && script == read.script
          && Arrays.equals(keys, read.keys)
          && Arrays.deepEquals(arguments, read.arguments);
    }

    @Override
    public int hashCode() {
      return 31 * Arrays.hashCode(keys) + Arrays.deepHashCode(arguments);
    }
  }
}
