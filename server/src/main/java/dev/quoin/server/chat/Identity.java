// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.rpc.Call;

/** Who acts: the only place that decides it. */
final class Identity {
  private Identity() {}

  /**
   * The user who makes a call.
   *
   * @param claimed whom the request names; taken at its word, because callers have no credentials
   */
  static String of(Call call, String claimed) {
    return claimed;
  }
}
