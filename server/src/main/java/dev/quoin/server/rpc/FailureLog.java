// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.errors.Reasons;
import dev.quoin.server.errors.Refusal;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Logs calls that failed. What nobody expected is logged whole, an outage, in which every call
 * fails, by one line; both at most once a second, with how many were left out. Mere refusals are
 * for debugging.
 */
final class FailureLog {
  private static final Logger LOG = Logger.getLogger(FailureLog.class.getName());

  private final Pace unexpected = new Pace();
  private final Pace outage = new Pace();

  /** Lets one failure a second through. */
  private static final class Pace {
    private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final AtomicLong next = new AtomicLong(System.nanoTime());
    private final AtomicLong leftOut = new AtomicLong();

    /** How many were held back since the last one let through; negative to hold this one back. */
    long pass() {
      long now = System.nanoTime();
      long earliest = next.get();
      if (now - earliest < 0 || !next.compareAndSet(earliest, now + PERIOD_NANOS)) {
        leftOut.incrementAndGet();
        return -1;
      }
      return leftOut.getAndSet(0);
    }
  }

  void add(
      String method, String requestId, RuntimeException refusal, StatusRuntimeException status) {
    switch (status.getStatus().getCode()) {
      case INTERNAL ->
          paced(unexpected, Level.SEVERE, method, requestId, refusal, refusal.getCause());
      case UNAVAILABLE -> paced(outage, Level.WARNING, method, requestId, refusal, null);
      default -> log(Level.FINE, method, requestId, refusal, "", null);
    }
  }

  private static void paced(
      Pace pace,
      Level level,
      String method,
      String requestId,
      RuntimeException refusal,
      Throwable cause) {
    long others = pace.pass();
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
          refusal instanceof Refusal known ? Reasons.name(known.reason()) : "INVALID_REQUEST";
      LOG.log(
          level,
          "%s request_id=%s %s: %s%s"
              .formatted(method, requestId, reason, refusal.getMessage(), more),
          cause);
    }
  }
}
