// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

/**
 * An entry of a timeline: which status, and whose.
 *
 * @param text id of the status in 19 digits, a colon, id of the author: in the order of bytes
 *     entries are in the order of time
 */
record Entry(String text) implements Comparable<Entry> {
  private static final int DIGITS = 19;

  static Entry of(long status, String author) {
    return new Entry(position(status) + ':' + author);
  }

  /** An id as it stands in entries. */
  static String position(long status) {
    return String.format("%0" + DIGITS + "d", status);
  }

  long status() {
    return Long.parseLong(text.substring(0, DIGITS));
  }

  /** As keys have it. */
  String statusId() {
    return Long.toString(status());
  }

  String author() {
    return text.substring(DIGITS + 1);
  }

  @Override
  public int compareTo(Entry other) {
    return text.compareTo(other.text);
  }
}
