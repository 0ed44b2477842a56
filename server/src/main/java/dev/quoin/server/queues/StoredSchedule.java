// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.queues.v1.Schedule;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A schedule as {@code lua/queues/schedule_put.lua} writes it.
 *
 * @param nextMillis when it runs next, 0 for never
 * @param lastMillis when it ran last, 0 for never
 * @param lastTask the newest task it added, "-" for none
 */
record StoredSchedule(
    long nextMillis,
    long lastMillis,
    String lastTask,
    byte[] bytes,
    PutScheduleRequest definition) {

  static StoredSchedule of(byte[] written) {
    int feed = 0;
    while (written[feed] != '\n') {
      feed++;
    }
    String[] head = new String(written, 0, feed, StandardCharsets.US_ASCII).split(" ");
    byte[] bytes = Arrays.copyOfRange(written, feed + 1, written.length);
    try {
      return new StoredSchedule(
          Long.parseLong(head[0]),
          Long.parseLong(head[1]),
          head[2],
          bytes,
          PutScheduleRequest.parseFrom(bytes));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("what is stored is no schedule", e);
    }
  }

  Schedule view(boolean payload) {
    Schedule.Builder view = Schedule.newBuilder().setDefinition(definition);
    if (!payload) {
      view.getDefinitionBuilder().getTaskBuilder().clearContent();
    }
    if (nextMillis > 0) {
      view.setNextRunTime(Timestamps.fromMillis(nextMillis));
    }
    if (lastMillis > 0) {
      view.setLastRunTime(Timestamps.fromMillis(lastMillis));
    }
    return view.setLastTaskId(lastTask.equals("-") ? "" : lastTask).build();
  }
}
