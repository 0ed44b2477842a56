// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

/** An entry of a log. */
public interface Numbered {
  /** Its position: one more than that of the entry before it. */
  long position();

  /** About how much memory it takes. */
  int bytes();
}
