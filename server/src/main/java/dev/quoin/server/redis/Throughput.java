// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.concurrent.TimeUnit;

/**
 * How fast the commands of one connection are answered, in bytes a nanosecond, while more of them
 * wait. There are two figures: a recent one, which tells whether new work can be taken, and one of
 * a whole round, in which everything that was under way has been answered: it is not misled by a
 * pause of Redis and the burst of answers after it. The queue of the connection synchronizes.
 */
final class Throughput {
  /** What a command costs beside its bytes, as bytes. */
  static final long BYTES_OF_A_COMMAND = 2_048;

  private static final long RECENT_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** For how long it is taken to go as fast as it did. */
  private static final long KNOWN_NANOS = TimeUnit.SECONDS.toNanos(2);

  private static final int LEAST_ANSWERS = 8;

  private boolean measures;
  private long recentSince;
  private long recentBytes;
  private double recent;
  private long knownAt;
  private long roundSince;
  private long roundBytes;
  private int answersLeft;
  private double round;

  /** Nothing waits: how fast it goes says nothing. */
  void stop() {
    measures = false;
  }

  /**
   * A command has its answer.
   *
   * @param bytes of command and reply
   * @param underWay how many others are under way
   * @return whether a round is complete
   */
  boolean answered(long bytes, int underWay) {
    long now = System.nanoTime();
    if (!measures) {
      measures = true;
      beginRecent(now);
      beginRound(now, underWay);
      return false;
    }
    recentBytes += bytes + BYTES_OF_A_COMMAND;
    if (now - recentSince >= RECENT_NANOS) {
      recent = (double) recentBytes / (now - recentSince);
      knownAt = now;
      beginRecent(now);
    }
    roundBytes += bytes + BYTES_OF_A_COMMAND;
    if (--answersLeft > 0 || now - roundSince < RECENT_NANOS) {
      return false;
    }
    round = (double) roundBytes / (now - roundSince);
    beginRound(now, underWay);
    return true;
  }

  /** Whether so many bytes are more than can be answered in a time, as far as is known. */
  boolean isTooMuch(long bytes, long nanos) {
    return knownAt != 0 && System.nanoTime() - knownAt < KNOWN_NANOS && bytes > recent * nanos;
  }

  /** How many bytes were answered in a time, judged by the last round. */
  double inRound(long nanos) {
    return round * nanos;
  }

  private void beginRecent(long now) {
    recentSince = now;
    recentBytes = 0;
  }

  private void beginRound(long now, int underWay) {
    roundSince = now;
    roundBytes = 0;
    answersLeft = Math.max(LEAST_ANSWERS, underWay);
  }
}
