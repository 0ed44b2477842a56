// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.testing.TestRedis;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Days of evenly paced budgets, minute by minute, by the code that decides. */
@Tag("redis")
final class PacingTest {
  private static final int MINUTES = 1_440;
  private static final long DAY_MILLIS = 86_400_000;

  /** With more chances than money each hour spends a 24th, to one event. */
  @Test
  void hoursSpendTheSame() {
    for (int minute : new int[] {0, 17, 59}) {
      long[] spent = day(2_400_000, -1, minute, 1_000, 0, chances(20));

      assertThat(sum(spent, 0, MINUTES)).isEqualTo(2_400_000);
      // Between two of its own minutes, whatever they are.
      for (int hour = 0; hour < 23; hour++) {
        int begin = hour * 60 + minute;
        assertThat(sum(spent, begin, begin + 60))
            .as("hour %d from minute %d", hour, minute)
            .isBetween(99_000L, 101_000L);
      }
    }
  }

  /** Shares begin at minutes that differ from ad to ad. */
  @Test
  void sharesBeginAtTheMinuteOfTheAd() {
    long[] spent = day(24_000, -1, 25, 10, 0, chances(1_000));

    assertThat(spent[24]).isZero();
    assertThat(spent[25]).isPositive();
    assertThat(spent[26]).isZero();
    assertThat(spent[85]).isPositive();
    assertThat(AdStore.minute("a")).isNotEqualTo(AdStore.minute("b")).isBetween(0, 59);
  }

  /** What an hour without chances leaves over is spread over those that are left. */
  @Test
  void quietHoursAreMadeUpFor() {
    String[] chances = chances(20);
    Arrays.fill(chances, 0, 12 * 60, "0");

    long[] spent = day(2_400_000, -1, 0, 1_000, 0, chances);

    assertThat(sum(spent, 0, 12 * 60)).isZero();
    assertThat(sum(spent, 0, MINUTES)).isEqualTo(2_400_000);
    for (int hour = 12; hour < 24; hour++) {
      assertThat(sum(spent, hour * 60, hour * 60 + 60)).isBetween(199_000L, 201_000L);
    }
  }

  /** Viewers that come as they like: the error of an hour, with a tenth more chances than money. */
  @Test
  void errorPerHourIsSmall() {
    Random random = new Random(11);
    String[] chances = new String[MINUTES];
    for (int i = 0; i < MINUTES; i++) {
      // 8,800 in a day in the mean, three times as many at noon as at midnight.
      double rate = 6.1 * (1 - 0.5 * Math.cos(2 * Math.PI * i / MINUTES));
      chances[i] = Integer.toString((int) Math.max(0, Math.round(rate + random.nextGaussian())));
    }

    long[] spent = day(4_000_000, -1, 30, 1_000, 0, chances);

    assertThat(sum(spent, 0, MINUTES)).isGreaterThanOrEqualTo(3_999_000);
    double worst = 0;
    for (int hour = 1; hour < 23; hour++) {
      long of = sum(spent, hour * 60 + 30, hour * 60 + 90);
      worst = Math.max(worst, Math.abs(of / (4_000_000 / 24.0) - 1));
    }
    // 1 %: an event is 0.6 % of an hour's share.
    assertThat(worst).isLessThan(0.01);
  }

  /** A budget that begins in the afternoon has what is left of the day for all of it. */
  @Test
  void budgetThatBeginsLateIsSpreadOverTheRest() {
    long[] spent = day(900_000, -1, 0, 1_000, 15 * 3_600_000L, chances(20, 9 * 60));

    for (int hour = 0; hour < 9; hour++) {
      assertThat(sum(spent, hour * 60, hour * 60 + 60)).isBetween(99_000L, 101_000L);
    }
  }

  @Test
  void totalEndsItWhenItIsLess() {
    long[] spent = day(2_400_000, 1_200_000, 0, 1_000, 0, chances(20));

    assertThat(sum(spent, 0, MINUTES)).isEqualTo(1_200_000);
    assertThat(sum(spent, 0, 60)).isBetween(49_000L, 51_000L);
  }

  @Test
  void nextDayHasItsOwnMoney() {
    long[] spent = day(240_000, -1, 0, 1_000, 0, chances(20, 2 * MINUTES));

    assertThat(sum(spent, 0, MINUTES)).isEqualTo(240_000);
    assertThat(sum(spent, MINUTES, 2 * MINUTES)).isEqualTo(240_000);
  }

  /** A clock that steps back over midnight finds the day as it was left. */
  @Test
  void clockThatStepsBackOpensNoDayTwice() {
    long midnight = 20_000 * DAY_MILLIS;

    List<Long> used =
        TestRedis.commands()
            .eval(
                LuaScript.load("test/midnights").body(),
                ScriptOutputType.MULTI,
                new String[] {"none"},
                "250",
                "100",
                Long.toString(midnight - 2),
                Long.toString(midnight + 1),
                Long.toString(midnight - 1),
                Long.toString(midnight + 2),
                Long.toString(midnight + DAY_MILLIS));

    assertThat(used).containsExactly(100L, 100L, 200L, 200L, 100L);
  }

  private static String[] chances(int each) {
    return chances(each, MINUTES);
  }

  private static String[] chances(int each, int minutes) {
    String[] chances = new String[minutes];
    Arrays.fill(chances, Integer.toString(each));
    return chances;
  }

  private static long[] day(
      long daily, long total, int minute, long price, long fromMillis, String[] chances) {
    List<String> arguments = new ArrayList<>();
    for (long number : new long[] {daily, total, minute, price, 20_000 * DAY_MILLIS + fromMillis}) {
      arguments.add(Long.toString(number));
    }
    arguments.addAll(List.of(chances));
    List<Long> spent =
        TestRedis.commands()
            .eval(
                LuaScript.load("test/pacing").body(),
                ScriptOutputType.MULTI,
                new String[] {"none"},
                arguments.toArray(String[]::new));
    return spent.stream().mapToLong(Long::longValue).toArray();
  }

  private static long sum(long[] spent, int from, int to) {
    return Arrays.stream(spent, from, to).sum();
  }
}
