// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import dev.quoin.server.errors.ApiException;

/** A call that stays open, and may have to end before its caller wants it to. */
public interface OpenCall {
  /** Ends it with the refusal of who may not make it any more; called from any thread. */
  void deny(ApiException refusal);

  /**
   * Asks the caller to make it again, as a server does that drains: what it holds is held until
   * then. Returns false when the call cannot do that.
   */
  default boolean leave() {
    return false;
  }
}
