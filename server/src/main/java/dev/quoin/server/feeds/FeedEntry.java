// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.feeds.v1.Status;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.tail.SequencedEntry;
import java.lang.ref.WeakReference;

/** A status that was published or deleted, with its place in the log. All streams share it. */
final class FeedEntry implements SequencedEntry {
  private static final String DELETED = "d";

  /** What an entry takes beside its status, about. */
  private static final int OVERHEAD = 256;

  private final int partition;
  private final long position;
  private final boolean deleted;
  private final long micros;
  private final Status status;
  private final int bytes;

  /** Terms take many times the room of a status, and are needed for a moment. */
  private WeakReference<StatusTerms> terms = new WeakReference<>(null);

  private FeedEntry(
      int partition, long position, boolean deleted, long micros, Status status, int bytes) {
    this.partition = partition;
    this.position = position;
    this.deleted = deleted;
    this.micros = micros;
    this.status = status;
    this.bytes = bytes;
  }

  /** The next one that the reply of lua/feeds/read.lua tells about. */
  static FeedEntry next(int partition, Reply reply) {
    long position = reply.integer();
    boolean deleted = reply.text().equals(DELETED);
    long micros = Long.parseLong(reply.text());
    byte[] status = reply.bytes();
    try {
      return new FeedEntry(
          partition,
          position,
          deleted,
          micros,
          Status.parseFrom(status),
          2 * status.length + OVERHEAD);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an entry of a feed cannot be read", e);
    }
  }

  int partition() {
    return partition;
  }

  @Override
  public long position() {
    return position;
  }

  @Override
  public int bytes() {
    return bytes;
  }

  boolean isDeleted() {
    return deleted;
  }

  long millis() {
    return micros / 1_000;
  }

  Timestamp time() {
    return Timestamps.fromMicros(micros);
  }

  Status status() {
    return status;
  }

  /** What filters look at; found once for all that look at it in the same moment. */
  synchronized StatusTerms terms() {
    StatusTerms found = terms.get();
    if (found == null) {
      found = StatusTerms.of(status);
      terms = new WeakReference<>(found);
    }
    return found;
  }
}
