// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

/** A Redis the server cannot work with; the message says what to change. */
public final class UnusableRedis extends RuntimeException {
  UnusableRedis(String message, Throwable cause) {
    super(message, cause);
  }

  /** Whether it could not be reached; otherwise it has to be set up in another way. */
  public boolean isAway() {
    return getCause() != null;
  }
}
