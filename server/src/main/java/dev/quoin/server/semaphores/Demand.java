// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.redis.Scope;

/**
 * What somebody asks of a semaphore.
 *
 * @param scope for whom and until when
 * @param name name of the semaphore
 * @param token the token a grant is held by
 * @param keeper the call that gives the grant back when it ends: the token itself, unless the grant
 *     is taken over from an earlier call
 * @param permits how many
 * @param leaseMillis how long they will be held unless renewed, 0 for the default lease
 * @param limit of the semaphore in case it has none, 0 for none
 * @param holder label others see, may be empty
 * @param requestId id of the request, empty for none
 */
record Demand(
    Scope scope,
    String name,
    String token,
    String keeper,
    int permits,
    long leaseMillis,
    int limit,
    String holder,
    String requestId) {

  /** The request id as scripts take it: no id is a word that no id can be. */
  String requestWord() {
    return requestId.isEmpty() ? "-" : "=" + requestId;
  }

  /** How it is written in the line. */
  String text(String server) {
    return String.join(
        " ",
        server,
        keeper,
        String.valueOf(leaseMillis),
        requestWord(),
        String.valueOf(permits),
        holder);
  }
}
