// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import java.util.concurrent.TimeUnit;

/** What one namespace or principal uses of its quota at this server. */
final class Usage {
  private static final double SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);

  final String kind;
  final String name;
  volatile Quota quota;
  private double tokens;
  private long filledAt = System.nanoTime();
  private long open;

  Usage(String kind, String name, Quota quota) {
    this.kind = kind;
    this.name = name;
    this.quota = quota;
    this.tokens = quota == null ? 0 : quota.burst();
  }

  /** Begins a call; returns what there is too much of, null when there is room. */
  synchronized String begin() {
    if (open >= quota.openCalls()) {
      return "open_calls";
    }
    if (quota.callsPerSecond() != Quota.UNLIMITED) {
      long now = System.nanoTime();
      double since = (now - filledAt) / SECOND_NANOS;
      tokens = Math.min(quota.burst(), tokens + since * quota.callsPerSecond());
      filledAt = now;
      if (tokens < 1) {
        return "calls_per_second";
      }
      tokens--;
    }
    open++;
    return null;
  }

  synchronized void end() {
    open--;
  }

  /** As if a call that began had not come: another quota has no room for it. */
  synchronized void undo() {
    open--;
    tokens = Math.min(quota.burst(), tokens + 1);
  }

  /** Another quota counts from now on, for what is open as well. */
  synchronized void change(Quota next) {
    quota = next;
    tokens = Math.min(next.burst(), tokens);
  }

  synchronized boolean isIdle() {
    return open == 0;
  }

  long limit(String of) {
    return switch (of) {
      case "open_calls" -> quota.openCalls();
      case "calls_per_second" -> quota.callsPerSecond();
      case "request_bytes" -> quota.requestBytes();
      case "stored_bytes" -> quota.storedBytes();
      default -> quota.storedKeys();
    };
  }
}
