// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.social.v1.Status;
import java.nio.charset.StandardCharsets;

/**
 * A status as it is stored.
 *
 * @param state l for live, h for hidden by a moderator, d for deleted
 * @param status with its counts; without text and attributes when it was deleted
 */
record StatusValue(char state, Status status) {

  /** Reads a stored value; null when there is none. */
  static StatusValue parse(byte[] value) {
    if (value == null || value.length == 0) {
      return null;
    }
    int end = 0;
    while (value[end] != '\n') {
      end++;
    }
    String[] head = new String(value, 0, end, StandardCharsets.US_ASCII).split(" ");
    try {
      return new StatusValue(
          head[0].charAt(0),
          Status.newBuilder()
              .mergeFrom(value, end + 1, value.length - end - 1)
              .setLikeCount(Long.parseLong(head[2]))
              .setFavoriteCount(Long.parseLong(head[3]))
              .setRepostCount(Long.parseLong(head[4]))
              .setReplyCount(Long.parseLong(head[5]))
              .setHidden(head[0].charAt(0) == 'h')
              .build());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored status cannot be read", e);
    }
  }

  /** What is written for a new one. */
  static byte[] fresh(Status status) {
    return ByteString.copyFromUtf8("l " + status.getAuthorId() + " 0 0 0 0\n")
        .concat(status.toByteString())
        .toByteArray();
  }

  /** What is left of a deleted one: where it has to be taken out. */
  static byte[] rest(Status status) {
    return status.toBuilder()
        .clearText()
        .clearAttributes()
        .clearLocation()
        .clearLinks()
        .clearLikeCount()
        .clearFavoriteCount()
        .clearRepostCount()
        .clearReplyCount()
        .clearHidden()
        .build()
        .toByteArray();
  }

  boolean isDeleted() {
    return state == 'd';
  }

  Entry entry() {
    return Entry.of(status.getStatusId(), Long.toString(status.getAuthorId()));
  }
}
