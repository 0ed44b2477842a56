// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.TailRequest;
import java.util.List;

/**
 * Which entries of which logs to follow.
 *
 * @param names 1 to 64 logs
 * @param minimumSeverity only entries at least this serious
 * @param contains only entries whose text contains this
 * @param last how many of the newest entries of each log to begin with, at most 1,000
 * @param cursor where to go on, "" for here and now
 */
public record TailOptions(
    List<String> names, Severity minimumSeverity, String contains, int last, String cursor) {

  /** All that is written to these logs from now on. */
  public static TailOptions of(String... names) {
    return new TailOptions(List.of(names), Severity.SEVERITY_UNSPECIFIED, "", 0, "");
  }

  public TailOptions withMinimumSeverity(Severity newMinimum) {
    return new TailOptions(names, newMinimum, contains, last, cursor);
  }

  public TailOptions withContains(String newContains) {
    return new TailOptions(names, minimumSeverity, newContains, last, cursor);
  }

  public TailOptions withLast(int newLast) {
    return new TailOptions(names, minimumSeverity, contains, newLast, cursor);
  }

  public TailOptions withCursor(String newCursor) {
    return new TailOptions(names, minimumSeverity, contains, last, newCursor);
  }

  TailRequest request() {
    return TailRequest.newBuilder()
        .addAllNames(names)
        .setMinimumSeverity(minimumSeverity)
        .setContains(contains)
        .setLast(last)
        .setCursor(cursor)
        .build();
  }
}
