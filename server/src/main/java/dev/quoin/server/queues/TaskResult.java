// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.TaskStatus;

/** What came of tasks as it is stored: nothing, or a letter for its form and then what it is. */
final class TaskResult {
  private static final ByteString BYTES = ByteString.copyFromUtf8("b");
  private static final ByteString TEXT = ByteString.copyFromUtf8("t");

  private TaskResult() {}

  static byte[] written(Done done) {
    ByteString written =
        switch (done.getAnswerCase()) {
          case RESULT -> BYTES.concat(done.getResult());
          case RESULT_TEXT -> TEXT.concat(done.getResultTextBytes());
          case ANSWER_NOT_SET -> ByteString.EMPTY;
        };
    return written.toByteArray();
  }

  /** Tells what is written from a place to the end. */
  static void read(byte[] memory, int from, TaskStatus.Builder task) {
    if (from == memory.length) {
      return;
    }
    ByteString result = ByteString.copyFrom(memory, from + 1, memory.length - from - 1);
    if (memory[from] == TEXT.byteAt(0)) {
      task.setResultTextBytes(result);
    } else {
      task.setResult(result);
    }
  }
}
