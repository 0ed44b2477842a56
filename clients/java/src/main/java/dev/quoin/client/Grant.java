// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Instant;

/** What a server granted. */
record Grant(String token, long fence, Instant expireTime) {
  Grant until(Instant newEnd) {
    return new Grant(token, fence, newEnd);
  }
}
