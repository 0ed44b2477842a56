// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.rpc.CallLog;
import dev.quoin.server.rpc.RateLimiter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Filter;
import java.util.logging.Level;
import java.util.logging.LogRecord;

/**
 * Holds back what a logger says too often: whoever can make the server log something must not be
 * able to fill its disk. A line says how many were left out before it. What is only for debugging
 * is not held back, and the log of all calls has a pace of its own.
 */
final class LogRateLimiter implements Filter {
  private static final int AT_ONCE = 10;
  private static final int MOST_LOGGERS = 1_000;

  private final Map<String, RateLimiter> limiters = new ConcurrentHashMap<>();

  @Override
  public boolean isLoggable(LogRecord entry) {
    if (entry.getLevel().intValue() < Level.INFO.intValue()
        || CallLog.ALL_CALLS.equals(entry.getLoggerName())) {
      return true;
    }
    String who = entry.getLoggerName() + ' ' + entry.getLevel();
    RateLimiter limiter =
        limiters.computeIfAbsent(
            limiters.size() < MOST_LOGGERS ? who : "all others", w -> new RateLimiter(AT_ONCE));
    long leftOut = limiter.pass();
    if (leftOut > 0) {
      entry.setMessage(
          entry.getMessage() + " (and " + leftOut + " more lines of this kind were left out)");
    }
    return leftOut >= 0;
  }
}
