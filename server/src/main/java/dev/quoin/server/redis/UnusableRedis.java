// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

/** A Redis the server cannot work with; the message says what to change. */
public final class UnusableRedis extends RuntimeException {
  UnusableRedis(String message, Throwable cause) {
    super(message, cause);
  }
}
