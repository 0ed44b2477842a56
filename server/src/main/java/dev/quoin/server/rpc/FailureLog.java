// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.Reasons;
import io.grpc.StatusRuntimeException;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Logs calls that failed. What nobody expected is logged whole, an outage, in which every call
 * fails, by one line; both at most once a second, with how many were left out. Mere refusals are
 * for debugging.
 */
final class FailureLog {
  private static final Logger LOG = Logger.getLogger(FailureLog.class.getName());

  private final RateLimiter unexpected = new RateLimiter(1);
  private final RateLimiter outage = new RateLimiter(1);

  void add(
      String method, String requestId, RuntimeException refusal, StatusRuntimeException status) {
    switch (status.getStatus().getCode()) {
      case INTERNAL ->
          paced(unexpected, Level.SEVERE, method, requestId, refusal, refusal.getCause());
      case UNAVAILABLE -> paced(outage, Level.WARNING, method, requestId, refusal, null);
      case FAILED_PRECONDITION -> {
        if (isMissingRight(refusal)) {
          paced(outage, Level.WARNING, method, requestId, refusal, null);
        } else {
          log(Level.FINE, method, requestId, refusal, "", null);
        }
      }
      default -> log(Level.FINE, method, requestId, refusal, "", null);
    }
  }

  /** Whoever operates Redis has to do something. */
  private static boolean isMissingRight(RuntimeException refusal) {
    return refusal instanceof ApiException known
        && known.reason() == ErrorReason.ERROR_REASON_STORE_NOT_PERMITTED;
  }

  private static void paced(
      RateLimiter limiter,
      Level level,
      String method,
      String requestId,
      RuntimeException refusal,
      Throwable cause) {
    long others = limiter.pass();
    if (others >= 0) {
      String more = others == 0 ? "" : " (and " + others + " more since the last such line)";
      log(level, method, requestId, refusal, more, cause);
    }
  }

  private static void log(
      Level level,
      String method,
      String requestId,
      RuntimeException refusal,
      String more,
      Throwable cause) {
    if (LOG.isLoggable(level)) {
      String reason =
          refusal instanceof ApiException known ? Reasons.name(known.reason()) : "INVALID_REQUEST";
      LOG.log(
          level,
          "%s request_id=%s %s: %s%s"
              .formatted(method, requestId, reason, refusal.getMessage(), more),
          cause);
    }
  }
}
