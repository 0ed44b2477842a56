// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

/** What values are recorded for. */
record Series(String kind, String context) {
  /** Stands between the two in the index; neither can hold it. */
  private static final char BETWEEN = '\n';

  /** How it stands in the index. */
  String name() {
    return kind + BETWEEN + context;
  }

  static Series named(String name) {
    int between = name.indexOf(BETWEEN);
    return new Series(name.substring(0, between), name.substring(between + 1));
  }
}
