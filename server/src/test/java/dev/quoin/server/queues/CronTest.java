// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CronTest {
  private static List<String> runs(String expression, String zone, String after, int count) {
    Cron cron = Cron.of(expression, zone);
    List<String> runs = new ArrayList<>();
    Instant time = Instant.parse(after);
    while (runs.size() < count) {
      time = cron.after(time).orElseThrow();
      runs.add(time.toString().replace(":00Z", "Z"));
    }
    return runs;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          */15 * * * *       | UTC           | 2026-01-01T00:00:00Z | 2026-01-01T00:15Z 2026-01-01T00:30Z
          30 * * * * *       | UTC           | 2026-01-01T00:00:00Z | 2026-01-01T00:00:30Z 2026-01-01T00:01:30Z
          0 9 * * MON-FRI    | UTC           | 2026-01-02T10:00:00Z | 2026-01-05T09:00Z 2026-01-06T09:00Z
          0 0 31 * *         | UTC           | 2026-01-31T00:00:00Z | 2026-03-31T00:00Z 2026-05-31T00:00Z
          0 0 29 2 *         | UTC           | 2026-01-01T00:00:00Z | 2028-02-29T00:00Z 2032-02-29T00:00Z
          0 0 13 * FRI       | UTC           | 2026-01-09T00:00:00Z | 2026-01-13T00:00Z 2026-01-16T00:00Z
          0 0 * * 7          | UTC           | 2026-01-01T00:00:00Z | 2026-01-04T00:00Z 2026-01-11T00:00Z
          0 8-10/2,22 * * *  | UTC           | 2026-01-01T00:00:00Z | 2026-01-01T08:00Z 2026-01-01T10:00Z 2026-01-01T22:00Z
          0 9 1 JAN,jul *    | UTC           | 2026-01-01T10:00:00Z | 2026-07-01T09:00Z 2027-01-01T09:00Z
          @daily             | Asia/Tokyo    | 2026-01-01T00:00:00Z | 2026-01-01T15:00Z 2026-01-02T15:00Z
          0 12 * * *         | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-29T10:00Z 2026-03-30T10:00Z
          30 2 * * *         | Europe/Berlin | 2026-03-28T12:00:00Z | 2026-03-29T01:00Z 2026-03-30T00:30Z
          30 2 * * *         | Europe/Berlin | 2026-10-24T12:00:00Z | 2026-10-25T00:30Z 2026-10-26T01:30Z
          */30 * * * *       | Europe/Berlin | 2026-10-25T00:00:00Z | 2026-10-25T00:30Z 2026-10-25T01:00Z 2026-10-25T01:30Z 2026-10-25T02:00Z
          */30 * * * *       | Europe/Berlin | 2026-03-29T00:00:00Z | 2026-03-29T00:30Z 2026-03-29T01:00Z 2026-03-29T01:30Z
          """)
  void theNextRunsAre(String expression, String zone, String after, String expected) {
    List<String> times = List.of(expected.split(" "));
    assertThat(runs(expression, zone, after, times.size())).isEqualTo(times);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "* * * *",
        "60 * * * *",
        "* 24 * * *",
        "* * 0 * *",
        "* * * 13 *",
        "* * * * 8",
        "5-1 * * * *",
        "*/0 * * * *",
        "*/90 * * * *",
        "0 */25 * * *",
        "a * * * *",
        "* * * FOO *",
        "1,,2 * * * *",
        "@never",
        "-1 * * * *"
      })
  void whatIsNoExpressionIsRefused(String expression) {
    assertThatThrownBy(() -> Cron.of(expression, "UTC")).isInstanceOf(InvalidRequest.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"0 0 31 2 *", "0 0 30 2 *"})
  void aDayThatNeverComesHasNoRun(String expression) {
    assertThatThrownBy(() -> Cron.of(expression, "UTC")).isInstanceOf(InvalidRequest.class);
  }
}
