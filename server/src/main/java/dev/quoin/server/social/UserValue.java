// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import java.nio.charset.StandardCharsets;

/**
 * A user, a list or a group as it is stored.
 *
 * @param state a for active, s for suspended, d for one that is being deleted
 * @param mergedMillis since when what it posts is merged in when timelines are read, or 0
 * @param buckets in how many its followers are
 * @param profile the message behind the first line
 */
record UserValue(
    char state,
    boolean isPrivate,
    long mergedMillis,
    int buckets,
    int posts,
    int follows,
    ByteString profile) {
  static final int USUAL_LIMIT = 10_000;

  /** Reads a stored value; null when there is none, or it is being deleted. */
  static UserValue parse(byte[] value) {
    UserValue any = parseAny(value);
    return any == null || any.state == 'd' ? null : any;
  }

  /** As {@link #parse}, even when it is being deleted. */
  static UserValue parseAny(byte[] value) {
    if (value == null || value.length == 0) {
      return null;
    }
    int end = 0;
    while (value[end] != '\n') {
      end++;
    }
    String[] head = new String(value, 0, end, StandardCharsets.US_ASCII).split(" ");
    return new UserValue(
        head[0].charAt(0),
        head[1].equals("1"),
        Long.parseLong(head[2]),
        Integer.parseInt(head[3]),
        Integer.parseInt(head[4]),
        Integer.parseInt(head[5]),
        ByteString.copyFrom(value, end + 1, value.length - end - 1));
  }

  /** What is written for a new one. */
  static byte[] fresh(boolean isPrivate, ByteString profile) {
    String head = "a %d 0 1 %d %d\n".formatted(isPrivate ? 1 : 0, USUAL_LIMIT, USUAL_LIMIT);
    return ByteString.copyFromUtf8(head).concat(profile).toByteArray();
  }

  boolean isSuspended() {
    return state == 's';
  }

  boolean isMerged() {
    return mergedMillis > 0;
  }

  dev.quoin.social.v1.Profile message() {
    try {
      return dev.quoin.social.v1.Profile.parseFrom(profile).toBuilder()
          .setPrivate(isPrivate)
          .setSuspended(isSuspended())
          .build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored profile cannot be read", e);
    }
  }
}
