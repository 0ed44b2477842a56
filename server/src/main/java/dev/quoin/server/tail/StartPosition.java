// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

/**
 * Where in a log a subscriber begins. What is missing after that end is a gap; what is missing
 * before it is not.
 *
 * @param last how many entries before the end are brought first, as far as they are kept
 * @param end position of the last entry the subscriber is not owed; negative for the newest one
 */
public record StartPosition(long last, long end) {

  /** With what is written from now on. */
  public static StartPosition now() {
    return last(0);
  }

  /** With so many entries of those there are, as far as they are kept. */
  public static StartPosition last(long entries) {
    return new StartPosition(entries, -1);
  }

  /** With the entry after a position; 0 is before the first. */
  public static StartPosition after(long position) {
    return new StartPosition(0, position);
  }

  /** Whether it was begun before, so that the log has to be where it was then. */
  boolean resumes() {
    return end >= 0;
  }

  /** Whether it has to be known where the log ends by now. */
  boolean needsEnd() {
    return last > 0 || !resumes();
  }
}
