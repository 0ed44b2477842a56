// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/** The token does not hold the lock: its lease ran out, or the lock was given back. */
public final class LockNotHeldException extends QuoinException {
  LockNotHeldException(Failure failure) {
    super(failure);
  }
}
