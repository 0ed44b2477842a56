// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.grpc.Status;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Logs calls that took long and, where that is wanted, all calls. Lines are written by a thread of
 * its own: who is slow to take them delays no call, and lines are left out rather than kept without
 * a bound.
 */
public final class CallLog implements AutoCloseable {
  /** The logger of all calls. */
  public static final String ALL_CALLS = "dev.quoin.calls.Call";

  /** How many calls a second are logged when all are to be. */
  public static final int MOST_PER_SECOND = 1_000;

  static final CallLog NONE = new CallLog(Duration.ZERO, false);
  private static final Logger SLOW = Logger.getLogger("dev.quoin.calls.SlowCall");
  private static final Logger ALL = Logger.getLogger(ALL_CALLS);
  private static final int MOST_WAITING = 10_000;
  private static final int LONGEST_NAMESPACE = 63;

  private final long slowNanos;
  private final boolean all;
  private final RateLimiter slow = new RateLimiter(10);
  private final RateLimiter pace = new RateLimiter(MOST_PER_SECOND, MOST_PER_SECOND);
  private final AtomicLong leftOut = new AtomicLong();
  private final ThreadPoolExecutor writer;

  /**
   * @param slow how much work makes a call slow; zero logs none for that
   * @param all whether all calls are logged
   */
  public CallLog(Duration slow, boolean all) {
    this.slowNanos = slow.isZero() ? Long.MAX_VALUE : slow.toNanos();
    this.all = all;
    this.writer =
        new ThreadPoolExecutor(
            0,
            1,
            10,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(MOST_WAITING),
            new DefaultThreadFactory("quoin-calls", true));
  }

  /**
   * A call has ended.
   *
   * @param tookNanos in all
   * @param waitedNanos how much of that its caller has asked to wait
   */
  void ended(
      String method,
      boolean isUnary,
      Call call,
      Status.Code code,
      long tookNanos,
      long waitedNanos) {
    boolean isSlow = isUnary && tookNanos - waitedNanos >= slowNanos;
    if (!isSlow && !all) {
      return;
    }
    long others = (isSlow ? slow : pace).pass();
    if (others < 0) {
      return;
    }
    String namespace = printable(call.scope().namespace());
    String principal = call.caller().principal().name();
    String id = call.requestId();
    try {
      writer.execute(
          () -> {
            long missing = others + leftOut.getAndSet(0);
            (isSlow ? SLOW : ALL)
                .log(
                    isSlow ? Level.WARNING : Level.INFO,
                    text(method, id, namespace, principal, code, tookNanos, waitedNanos)
                        + (missing == 0 ? "" : " (and " + missing + " more were left out)"));
          });
    } catch (RejectedExecutionException e) {
      leftOut.incrementAndGet();
    }
  }

  private static String text(
      String method,
      String id,
      String namespace,
      String principal,
      Status.Code code,
      long tookNanos,
      long waitedNanos) {
    return "%s request_id=%s namespace=%s principal=\"%s\" status=%s duration_ms=%s waited_ms=%s"
        .formatted(
            method,
            id,
            namespace,
            principal.replace('"', '\''),
            code,
            millis(tookNanos),
            millis(waitedNanos));
  }

  private static String millis(long nanos) {
    return String.format(Locale.ROOT, "%.1f", nanos / 1e6);
  }

  /** What a caller writes there must not look like another field. */
  private static String printable(String text) {
    String cut = text.length() <= LONGEST_NAMESPACE ? text : text.substring(0, LONGEST_NAMESPACE);
    return cut.replaceAll("[^!-~]", "?");
  }

  /** Writes what waits, and ends. */
  @Override
  public void close() {
    writer.shutdownNow().forEach(Runnable::run);
  }
}
