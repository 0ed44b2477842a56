// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

/**
 * Where in a log a subscriber begins.
 *
 * @param after position of the entry after which to begin; negative to begin so many before the end
 * @param resumes whether the subscriber has had all up to there, so that what is missing after it
 *     is a gap; else only what is missing of what is written from now on
 */
public record Start(long after, boolean resumes) {

  /** With what is written from now on. */
  public static Start now() {
    return last(0);
  }

  /** With so many entries of those there are, as far as they are kept. */
  public static Start last(long entries) {
    return new Start(-entries, false);
  }

  /** With the entry after a position; 0 is before the first. */
  public static Start after(long position) {
    return new Start(position, true);
  }

  long position(long end) {
    return resumes ? after : Math.max(0, end + after);
  }
}
