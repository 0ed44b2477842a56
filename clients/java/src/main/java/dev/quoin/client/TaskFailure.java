// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.Optional;

/** Thrown by a {@link TaskHandler}: the task failed, and how it goes on. */
public final class TaskFailure extends Exception {
  private static final long serialVersionUID = 1;
  private static final Duration LONGEST = Duration.ofDays(7);

  private final transient Duration retryAfter;
  private final boolean dead;

  private TaskFailure(String text, Duration retryAfter, boolean dead) {
    super(text);
    this.retryAfter = retryAfter;
    this.dead = dead;
  }

  /** Trying again is in vain: the task becomes a dead letter. */
  public static TaskFailure dead(String text) {
    return new TaskFailure(text, null, true);
  }

  /**
   * The task is tried again after that time instead of its backoff, if it may be.
   *
   * @param time 0 to 7 days
   */
  public static TaskFailure retryAfter(Duration time, String text) {
    if (time.isNegative() || time.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("a task is tried again after 0 to 7 days, not " + time);
    }
    return new TaskFailure(text, time, false);
  }

  Optional<Duration> retryAfter() {
    return Optional.ofNullable(retryAfter);
  }

  boolean isDead() {
    return dead;
  }
}
