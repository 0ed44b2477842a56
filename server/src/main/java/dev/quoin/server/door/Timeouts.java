// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import dev.quoin.server.errors.InvalidRequest;
import io.grpc.Deadline;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The header grpc-timeout: a number of at most eight digits and a letter for its unit. */
final class Timeouts {
  static final String HEADER = "grpc-timeout";
  private static final Pattern FORM = Pattern.compile("(\\d{1,8})([HMSmun])");

  private Timeouts() {}

  /** Null when the caller gives no time; throws what is wrong with the header. */
  static Deadline deadline(String given) {
    if (given == null) {
      return null;
    }
    Matcher parts = FORM.matcher(given);
    if (!parts.matches()) {
      throw InvalidRequest.of(HEADER, "must be up to 8 digits and one of H, M, S, m, u, n");
    }
    TimeUnit unit =
        switch (parts.group(2)) {
          case "H" -> TimeUnit.HOURS;
          case "M" -> TimeUnit.MINUTES;
          case "S" -> TimeUnit.SECONDS;
          case "m" -> TimeUnit.MILLISECONDS;
          case "u" -> TimeUnit.MICROSECONDS;
          default -> TimeUnit.NANOSECONDS;
        };
    return Deadline.after(Long.parseLong(parts.group(1)), unit);
  }
}
