// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.waiting.Tokens;

/** Ids of tasks: the number a script makes of the time in microseconds, and a random ending. */
final class TaskId {
  private static final int DIGITS = 13;
  private static final int ENDING = 8;

  private TaskId() {}

  /** A new ending; ids that one request makes may share it. */
  static String ending() {
    return Tokens.next().substring(0, ENDING);
  }

  /** When the task was added; unset for what is no id. */
  static Timestamp time(String id) {
    try {
      return Timestamps.fromMicros(Long.parseLong(id.substring(0, DIGITS), 16));
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      return Timestamp.getDefaultInstance();
    }
  }
}
