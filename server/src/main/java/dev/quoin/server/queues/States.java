// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.DeadReason;
import dev.quoin.queues.v1.TaskState;

/** States and marks of tasks as scripts write them. */
final class States {
  private States() {}

  static TaskState of(String letter) {
    return switch (letter) {
      case "R" -> TaskState.TASK_STATE_READY;
      case "Y" -> TaskState.TASK_STATE_DELAYED;
      case "L" -> TaskState.TASK_STATE_LEASED;
      case "D" -> TaskState.TASK_STATE_DONE;
      case "X" -> TaskState.TASK_STATE_DEAD;
      case "C" -> TaskState.TASK_STATE_CANCELLED;
      default -> TaskState.TASK_STATE_UNSPECIFIED;
    };
  }

  static String letter(TaskState state) {
    return switch (state) {
      case TASK_STATE_READY -> "R";
      case TASK_STATE_DELAYED -> "Y";
      case TASK_STATE_LEASED -> "L";
      case TASK_STATE_DEAD -> "X";
      default -> "D";
    };
  }

  static boolean isEnd(TaskState state) {
    return state == TaskState.TASK_STATE_DONE
        || state == TaskState.TASK_STATE_DEAD
        || state == TaskState.TASK_STATE_CANCELLED;
  }

  static DeadReason deadReason(String mark) {
    return switch (mark) {
      case "F" -> DeadReason.DEAD_REASON_FAILED;
      case "A" -> DeadReason.DEAD_REASON_ABANDONED;
      case "R" -> DeadReason.DEAD_REASON_REJECTED;
      case "U" -> DeadReason.DEAD_REASON_UNKNOWN_KIND;
      default -> DeadReason.DEAD_REASON_UNSPECIFIED;
    };
  }
}
