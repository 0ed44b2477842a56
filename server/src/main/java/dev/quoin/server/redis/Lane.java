// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;

/** Commands that wait for their turn; the queue of the connection synchronizes. */
abstract class Lane {
  private long bytes;

  boolean isEmpty() {
    return size() == 0;
  }

  /** What is expected of commands and replies, those included that share an answer. */
  long bytes() {
    return bytes;
  }

  void count(long more) {
    bytes += more;
  }

  /** How many wait; those that share an answer are one. */
  abstract int size();

  abstract void add(PendingCommand<?> command);

  /** The next that goes; null when there is none. */
  abstract PendingCommand<?> head();

  /** Takes the next that goes; null when there is none. */
  abstract PendingCommand<?> poll();

  /** In the order in which they came. */
  static final class Line extends Lane {
    private final Deque<PendingCommand<?>> commands = new ArrayDeque<>();

    @Override
    int size() {
      return commands.size();
    }

    @Override
    void add(PendingCommand<?> command) {
      commands.add(command);
    }

    @Override
    PendingCommand<?> head() {
      return commands.peek();
    }

    @Override
    PendingCommand<?> poll() {
      return commands.poll();
    }

    Iterator<PendingCommand<?>> inOrder() {
      return commands.iterator();
    }

    PendingCommand<?> pollLast() {
      return commands.pollLast();
    }
  }

  /**
   * One of each call in turn: a call that asks for a hundred things does not delay those that ask
   * for one (round robin as in RFC 970).
   */
  static final class Turns extends Lane {
    private final Map<Object, Queue<PendingCommand<?>>> calls = new LinkedHashMap<>();
    private int size;

    @Override
    int size() {
      return size;
    }

    @Override
    void add(PendingCommand<?> command) {
      calls.computeIfAbsent(command.caller(), caller -> new ArrayDeque<>(1)).add(command);
      size++;
    }

    @Override
    PendingCommand<?> head() {
      return size == 0 ? null : calls.values().iterator().next().peek();
    }

    @Override
    PendingCommand<?> poll() {
      if (size == 0) {
        return null;
      }
      Iterator<Map.Entry<Object, Queue<PendingCommand<?>>>> turns = calls.entrySet().iterator();
      Map.Entry<Object, Queue<PendingCommand<?>>> turn = turns.next();
      turns.remove();
      PendingCommand<?> next = turn.getValue().poll();
      if (!turn.getValue().isEmpty()) {
        calls.put(turn.getKey(), turn.getValue());
      }
      size--;
      return next;
    }

    /** How many of the same call wait. */
    int ofCall(PendingCommand<?> command) {
      Queue<PendingCommand<?>> waiting = calls.get(command.caller());
      return waiting == null ? 0 : waiting.size();
    }

    /** What part of those that wait goes before a command that comes now. */
    double partBefore(PendingCommand<?> command) {
      return Math.min(1, calls.size() * (ofCall(command) + 1.0) / Math.max(1, size));
    }
  }
}
