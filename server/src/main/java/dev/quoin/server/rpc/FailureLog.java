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
 * Logs calls that failed. What nobody expected is logged whole; an outage, in which every call
 * fails, takes one line a second; mere refusals are for debugging.
 */
final class FailureLog {
  private static final Logger LOG = Logger.getLogger(FailureLog.class.getName());
  private static final long OUTAGE_PERIOD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final AtomicLong nextOutageLine = new AtomicLong(System.nanoTime());
  private final AtomicLong leftOut = new AtomicLong();

  void add(
      String method, String requestId, RuntimeException refusal, StatusRuntimeException status) {
    switch (status.getStatus().getCode()) {
      case INTERNAL -> log(Level.SEVERE, method, requestId, refusal, "", refusal.getCause());
      case UNAVAILABLE -> outage(method, requestId, refusal);
      default -> log(Level.FINE, method, requestId, refusal, "", null);
    }
  }

  private void outage(String method, String requestId, RuntimeException refusal) {
    long now = System.nanoTime();
    long next = nextOutageLine.get();
    if (now - next < 0 || !nextOutageLine.compareAndSet(next, now + OUTAGE_PERIOD_NANOS)) {
      leftOut.incrementAndGet();
      return;
    }
    long others = leftOut.getAndSet(0);
    String more = others == 0 ? "" : " (and " + others + " more since the last such line)";
    log(Level.WARNING, method, requestId, refusal, more, null);
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
