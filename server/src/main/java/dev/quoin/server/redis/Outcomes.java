// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.lettuce.core.RedisCommandExecutionException;

/** What is known of the effect of a command that failed. */
public final class Outcomes {
  private Outcomes() {}

  /** Whether the command may have been carried out, or may yet be: nothing came back. */
  public static boolean isUnknown(Throwable failure) {
    if (!(ErrorMapper.refusal(failure) instanceof ApiException refusal)) {
      return true;
    }
    Throwable cause = refusal.getCause();
    return switch (refusal.reason()) {
      case ERROR_REASON_STORE_UNAVAILABLE ->
          !(cause instanceof RedisCommandExecutionException) && !Failures.wasNotSent(cause);
      case ERROR_REASON_DEADLINE_EXCEEDED -> !Failures.wasNotSent(cause);
      default -> false;
    };
  }
}
