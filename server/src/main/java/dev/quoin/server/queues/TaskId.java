// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.waiting.Tokens;
import java.util.regex.Pattern;

/** Ids of tasks: the number a script makes of the time in microseconds, and a random ending. */
final class TaskId {
  private static final int DIGITS = 13;
  private static final int ENDING = 8;

  private static final Pattern ID = Pattern.compile("[0-9a-f]{13}[A-Za-z0-9_-]{8}");

  private TaskId() {}

  /** Whether this can be the id of a task: what cannot might name other fields of the hash. */
  static boolean isId(String text) {
    return ID.matcher(text).matches();
  }

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
