// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * The right somebody waited for.
 *
 * @param token proves the ownership
 * @param fence number greater than that of every earlier grant
 * @param expireMillis end of the lease in milliseconds by the clock of Redis
 */
public record Grant(String token, long fence, long expireMillis) {

  /** Reads the hint by which a script tells about a grant: token, fence and end of the lease. */
  static Grant fromHint(String hint) {
    String[] parts = hint.split(" ");
    return new Grant(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]));
  }
}
