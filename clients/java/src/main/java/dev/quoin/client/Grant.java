// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.time.Instant;

/** What a server granted. */
record Grant(String token, long fence, Instant expireTime) {

  /** What a message with these fields grants. */
  static Grant of(Message granted) {
    return new Grant(
        (String) Fields.get(granted, "token"),
        (Long) Fields.get(granted, "fence"),
        Times.instant((Timestamp) Fields.get(granted, "expire_time")));
  }

  Grant until(Instant newEnd) {
    return new Grant(token, fence, newEnd);
  }
}
