// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.concurrent.TimeUnit;

/**
 * How long the replies to a script or a kind of read are: the longest of the last {@value
 * #PERIOD_SECONDS} to twice as many seconds. Threads that learn at the same time may lose a reply,
 * which the next makes good.
 */
public final class ReplySize {
  private static final int PERIOD_SECONDS = 10;
  private static final long PERIOD_NANOS = TimeUnit.SECONDS.toNanos(PERIOD_SECONDS);

  /**
   * What a reply to a script that reads is taken for before there was one: a few go at once, and
   * the first answer tells. Other scripts answer shortly most of the time.
   */
  private static final long UNKNOWN = 512 * 1024;

  private static final long SHORT = 256;
  private static final long NONE = -1;

  private final ReplySize like;
  private volatile long newest = NONE;
  private volatile long before = NONE;
  private volatile long turn = System.nanoTime();

  /**
   * @param like what to go by before there was a reply; null for nothing
   */
  private ReplySize(ReplySize like) {
    this.like = like;
  }

  static ReplySize known(long bytes) {
    ReplySize size = new ReplySize(null);
    size.newest = bytes;
    return size;
  }

  /** Takes a reply into account. */
  void learn(long bytes, long nanos) {
    if (like != null) {
      like.learn(bytes, nanos);
    }
    if (nanos - turn > PERIOD_NANOS) {
      before = newest;
      newest = bytes;
      turn = nanos;
    } else if (bytes > newest) {
      newest = bytes;
    }
  }

  /** What the next reply may need. */
  long expected() {
    long most = Math.max(newest, before);
    if (most != NONE) {
      return most;
    }
    return like == null ? UNKNOWN : like.expected();
  }

  /** The same; nothing when there was no reply yet. */
  long learned() {
    return Math.max(0, Math.max(newest, before));
  }

  /**
   * The replies of one script, apart for different things: those to a few large ones say little of
   * the rest.
   */
  public static final class ByKey {
    private static final int PARTS = 64;

    private final ReplySize[] parts = new ReplySize[PARTS];

    /**
     * @param reads whether it reads only, and so may bring much
     */
    public ByKey(boolean reads) {
      ReplySize all = reads ? new ReplySize(null) : known(SHORT);
      for (int i = 0; i < PARTS; i++) {
        parts[i] = new ReplySize(all);
      }
    }

    public ReplySize of(String key) {
      int hash = key.hashCode();
      return parts[(hash ^ hash >>> 16) & PARTS - 1];
    }
  }
}
