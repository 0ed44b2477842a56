// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * The right a caller asked for.
 *
 * @param token proves the ownership
 * @param fence number greater than that of every earlier grant
 * @param expireMillis end of the lease in milliseconds by the clock of Redis
 * @param note what the feature tells about the resource, may be empty
 */
public record Grant(String token, long fence, long expireMillis, String note) {

  /** Reads the hint by which a script tells about a grant: token, fence, end of the lease, note. */
  static Grant fromHint(String hint) {
    String[] parts = hint.split(" ", 4);
    return new Grant(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]), parts[3]);
  }
}
