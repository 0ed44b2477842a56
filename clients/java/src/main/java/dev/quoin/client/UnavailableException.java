// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/**
 * No server could be reached, or the server could not reach Redis. The call may have been carried
 * out or not. Calls that are safe to repeat have been repeated already.
 */
public final class UnavailableException extends QuoinException {
  UnavailableException(Failure failure) {
    super(failure);
  }
}
