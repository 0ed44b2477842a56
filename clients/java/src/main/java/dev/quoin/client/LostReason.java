// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Message;

/** Why something that was held was lost. */
public enum LostReason {
  /**
   * The lease ran out before a renewal was confirmed: no server, or no Redis, could be reached in
   * time. Others can get the lock from now on.
   */
  EXPIRED,

  /**
   * The server says that the token does not hold it any more: it was given back with its token, its
   * lease ran out, or Redis lost it. Others may hold it already.
   */
  NOT_HELD,

  /** Somebody took it away. Others may hold it already. */
  REVOKED;

  static LostReason of(NotHeldException failure) {
    return switch (failure.reason()) {
      case ERROR_REASON_LOCK_FORCED, ERROR_REASON_SEMAPHORE_REVOKED -> REVOKED;
      default -> NOT_HELD;
    };
  }

  /** What a stream says. */
  static LostReason of(Message lost) {
    return switch (((EnumValueDescriptor) Fields.get(lost, "reason")).getName()) {
      case "REASON_EXPIRED" -> EXPIRED;
      case "REASON_REVOKED", "REASON_FORCED" -> REVOKED;
      default -> NOT_HELD;
    };
  }
}
