// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.errors.InvalidRequest;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Map;
import java.util.Optional;

/**
 * A cron expression in a time zone. It is a page of code, so there is no library for it: what
 * matters most, clocks that are put forward and back, libraries leave to each caller.
 */
final class Cron {
  private static final int YEARS = 100;

  /** The first time that a timestamp cannot say. */
  private static final Instant END = Instant.parse("+10000-01-01T00:00:00Z");

  private static final Map<String, String> SHORT =
      Map.of(
          "@hourly", "0 * * * *",
          "@daily", "0 0 * * *",
          "@weekly", "0 0 * * 0",
          "@monthly", "0 0 1 * *",
          "@yearly", "0 0 1 1 *");

  private final CronField seconds;
  private final CronField minutes;
  private final CronField hours;
  private final CronField days;
  private final CronField months;
  private final CronField weekdays;
  private final ZoneId zone;

  private Cron(String[] fields, ZoneId zone) {
    seconds = CronField.of(fields[0], 0, 59, "");
    minutes = CronField.of(fields[1], 0, 59, "");
    hours = CronField.of(fields[2], 0, 23, "");
    days = CronField.of(fields[3], 1, 31, "");
    months = CronField.of(fields[4], 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC");
    weekdays = CronField.of(fields[5], 0, 7, "SUNMONTUEWEDTHUFRISAT");
    this.zone = zone;
  }

  /**
   * @throws InvalidRequest when it is none
   */
  static Cron of(String expression, String timeZone) {
    String[] fields = SHORT.getOrDefault(expression.trim(), expression.trim()).split(" +");
    if (fields.length == 5) {
      String[] six = new String[6];
      six[0] = "0";
      System.arraycopy(fields, 0, six, 1, 5);
      fields = six;
    }
    if (fields.length != 6) {
      throw InvalidRequest.of("cron", "must have five or six fields");
    }
    Cron cron = new Cron(fields, zone(timeZone));
    if (cron.after(Instant.now()).isEmpty()) {
      throw InvalidRequest.of("cron", "must name a day that exists: this one never comes");
    }
    return cron;
  }

  private static ZoneId zone(String name) {
    try {
      return name.isEmpty() ? ZoneOffset.UTC : ZoneId.of(name);
    } catch (DateTimeException e) {
      throw InvalidRequest.of("time_zone", "must be the IANA name of a time zone");
    }
  }

  /** The first run after a time; empty when there is none within 100 years and before 10000. */
  Optional<Instant> after(Instant time) {
    LocalDateTime from = time.atZone(zone).toLocalDateTime();
    // Clocks put back show times once more: begin with the hours before, and pass over what was.
    LocalDate first = from.minusHours(3).toLocalDate();
    LocalDate last = first.plusYears(YEARS);
    for (LocalDate day = first; day.isBefore(last); day = nextDay(day)) {
      if (runsOn(day)) {
        Optional<Instant> run = onDay(day, time);
        if (run.isPresent()) {
          return run.filter(one -> one.isBefore(END));
        }
      }
    }
    return Optional.empty();
  }

  private LocalDate nextDay(LocalDate day) {
    return months.has(day.getMonthValue()) ? day.plusDays(1) : day.withDayOfMonth(1).plusMonths(1);
  }

  private boolean runsOn(LocalDate day) {
    if (!months.has(day.getMonthValue())) {
      return false;
    }
    boolean dayFits = days.has(day.getDayOfMonth());
    int weekday = day.getDayOfWeek().getValue();
    boolean weekdayFits = weekdays.has(weekday) || weekday == 7 && weekdays.has(0);
    return days.isAny() || weekdays.isAny() ? dayFits && weekdayFits : dayFits || weekdayFits;
  }

  /** With any hour, clocks that are put back show times twice and both run. */
  private Optional<Instant> onDay(LocalDate day, Instant after) {
    Instant run = firstOn(day, after, false);
    Instant again = hours.isAny() ? firstOn(day, after, true) : null;
    return Optional.ofNullable(run == null || again != null && again.isBefore(run) ? again : run);
  }

  private Instant firstOn(LocalDate day, Instant after, boolean second) {
    for (int hour = hours.next(0); hour >= 0; hour = hours.next(hour + 1)) {
      if (at(day.atTime(hour, 59, 59), second).isBefore(after)) {
        continue;
      }
      for (int minute = minutes.next(0); minute >= 0; minute = minutes.next(minute + 1)) {
        for (int s = seconds.next(0); s >= 0; s = seconds.next(s + 1)) {
          Instant run = at(day.atTime(hour, minute, s), second);
          if (run.isAfter(after)) {
            return run;
          }
        }
      }
    }
    return null;
  }

  /**
   * A time that clocks leave out counts as when they have been put forward.
   *
   * @param second which of a time that they show twice
   */
  private Instant at(LocalDateTime local, boolean second) {
    var gap = zone.getRules().getTransition(local);
    if (gap != null && gap.isGap()) {
      return gap.getInstant();
    }
    ZonedDateTime time = ZonedDateTime.ofLocal(local, zone, null);
    return (second ? time.withLaterOffsetAtOverlap() : time).toInstant();
  }
}
