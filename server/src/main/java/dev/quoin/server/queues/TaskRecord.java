// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.util.Durations;
import dev.quoin.queues.v1.Backoff;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.server.rpc.Defaults;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What a task was added as, as {@code lua/queues/_task.lua} describes it.
 *
 * @param bytes how it is written
 */
record TaskRecord(byte[] bytes) {
  private static final int HEAD_BYTES = 26;
  private static final int LONG = 0x80;
  private static final int TEXT = 0x40;
  private static final int DELAYED = 0x20;
  private static final int PRIORITY = 0x1F;
  private static final int KEY_LENGTH_AT = 22;
  private static final int TURN = 1000;
  private static final int DEFAULT_PRIORITY = 5;
  private static final int DEFAULT_ATTEMPTS = 5;
  private static final long DEFAULT_INITIAL_MILLIS = 1_000;
  private static final long DEFAULT_CAP_MILLIS = 600_000;
  private static final long DEFAULT_RETENTION_MILLIS = 86_400_000;

  /** Longer payloads stand apart, so that scripts can look at many tasks cheaply. */
  private static final int LONG_PAYLOAD = 2_048;

  static TaskRecord of(NewTask task) {
    byte[] key = task.getFairnessKey().getBytes(StandardCharsets.UTF_8);
    byte[] kind = task.getKind().getBytes(StandardCharsets.UTF_8);
    ByteString payload = hasLongPayload(task) ? ByteString.EMPTY : content(task);
    Backoff backoff = task.getBackoff();
    ByteBuffer record =
        ByteBuffer.allocate(HEAD_BYTES + key.length + kind.length + payload.size())
            .put(
                (byte)
                    ((task.hasPriority() ? task.getPriority() : DEFAULT_PRIORITY)
                        | (task.hasDelay() ? DELAYED : 0)
                        | (task.hasPayloadText() ? TEXT : 0)
                        | (hasLongPayload(task) ? LONG : 0)))
            .putShort((short) (TURN / Defaults.orElse(task.getFairnessWeight(), 1)))
            .putShort((short) Defaults.orElse(task.getMaxAttempts(), DEFAULT_ATTEMPTS))
            .put((byte) Defaults.orElse(backoff.getMultiplier(), 2))
            .putInt(
                (int)
                    Defaults.millis(
                        backoff.hasInitial(), backoff.getInitial(), DEFAULT_INITIAL_MILLIS))
            .putInt((int) Defaults.millis(backoff.hasCap(), backoff.getCap(), DEFAULT_CAP_MILLIS))
            .putInt((int) Durations.toMillis(task.getTimeout()))
            .putInt(
                (int)
                    Defaults.millis(
                        task.hasRetention(), task.getRetention(), DEFAULT_RETENTION_MILLIS))
            .putShort((short) key.length)
            .putShort((short) kind.length)
            .put(key)
            .put(kind)
            .put(payload.asReadOnlyByteBuffer());
    return new TaskRecord(record.array());
  }

  static boolean hasLongPayload(NewTask task) {
    return content(task).size() > LONG_PAYLOAD;
  }

  /** The payload as it is stored, in whichever form it was given. */
  static ByteString content(NewTask task) {
    return task.hasPayloadText() ? task.getPayloadTextBytes() : task.getPayload();
  }

  /** Whether the payload was given as a text. */
  boolean isText() {
    return (bytes[0] & TEXT) != 0;
  }

  int priority() {
    return bytes[0] & PRIORITY;
  }

  String fairnessKey() {
    return new String(bytes, HEAD_BYTES, keyLength(), StandardCharsets.UTF_8);
  }

  String kind() {
    return new String(bytes, HEAD_BYTES + keyLength(), kindLength(), StandardCharsets.UTF_8);
  }

  /** How often the task may be tried as long as nothing else is known. */
  int maxAttempts() {
    return ByteBuffer.wrap(bytes).getShort(3);
  }

  /**
   * The payload.
   *
   * @param apart what stands apart, may be empty
   */
  ByteString payload(byte[] apart) {
    int from = HEAD_BYTES + keyLength() + kindLength();
    return apart.length > 0
        ? UnsafeByteOperations.unsafeWrap(apart)
        : UnsafeByteOperations.unsafeWrap(bytes, from, bytes.length - from);
  }

  private int keyLength() {
    return ByteBuffer.wrap(bytes).getShort(KEY_LENGTH_AT);
  }

  private int kindLength() {
    return ByteBuffer.wrap(bytes).getShort(KEY_LENGTH_AT + 2);
  }
}
