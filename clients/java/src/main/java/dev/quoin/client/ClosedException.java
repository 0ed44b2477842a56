// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/** The {@link Quoin} was closed: calls that are open end with this, and new ones are not made. */
public final class ClosedException extends QuoinException {
  private static final long serialVersionUID = 1;

  ClosedException(Failure failure) {
    super(failure);
  }
}
