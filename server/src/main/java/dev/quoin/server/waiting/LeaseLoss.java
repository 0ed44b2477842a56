// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * How a grant was lost.
 *
 * @param cause why
 * @param revocation by whom and why, if somebody revoked it; else empty
 */
public record LeaseLoss(Cause cause, Revocation revocation) {

  /** Why a grant was lost. */
  public enum Cause {
    /** The lease ran out before it could be renewed. */
    EXPIRED,
    /** It was not held any more when it was to be renewed. */
    NOT_HELD,
    /** Somebody revoked it. */
    REVOKED
  }

  static LeaseLoss of(Cause cause) {
    return new LeaseLoss(cause, new Revocation("", ""));
  }
}
