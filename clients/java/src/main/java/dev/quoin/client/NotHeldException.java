// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/**
 * The token does not hold what it was granted any more: its lease ran out, it was given back or
 * taken away; the reason says of what kind it was.
 */
public final class NotHeldException extends QuoinException {
  NotHeldException(Failure failure) {
    super(failure);
  }
}
