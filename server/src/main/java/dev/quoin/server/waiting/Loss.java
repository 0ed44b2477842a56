// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * How a held thing was lost.
 *
 * @param cause why
 * @param revocation by whom and why, if somebody took it away; else empty
 */
public record Loss(Cause cause, Revocation revocation) {

  /** Why a held thing was lost. */
  public enum Cause {
    /** The lease ran out before it could be renewed. */
    EXPIRED,
    /** It was not held any more when it was to be renewed. */
    NOT_HELD,
    /** Somebody took it away. */
    REVOKED
  }

  public static Loss of(Cause cause) {
    return new Loss(cause, new Revocation("", ""));
  }
}
