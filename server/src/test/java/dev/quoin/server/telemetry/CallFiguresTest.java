// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service is said to have done. */
final class CallFiguresTest {
  private final CallFigures figures = new CallFigures();

  @ParameterizedTest
  @ValueSource(
      longs = {0, 1, 7, 8, 9, 15, 16, 100, 999, 1_000, 123_456, 10_000_000, 3_599_999_999L})
  void aTimeIsToldAtMostAnEighthTooLong(long micros) {
    end(micros);

    assertThat(figures.times().quantileMicros(0.5))
        .isGreaterThan(micros)
        .isLessThanOrEqualTo(micros + Math.max(1, micros / 8 + 1));
  }

  @Test
  void whatTakesLongerThanAnHourIsToldAsThat() {
    end(TimeUnit.DAYS.toMicros(3));

    assertThat(figures.times().quantileMicros(0.5)).isBetween(3_600_000_000L, 4_100_000_000L);
  }

  @Test
  void percentilesAreOfTheCallsSinceThen() {
    for (int i = 0; i < 1_000; i++) {
      end(1_000_000);
    }
    CallFigures.Times before = figures.times();
    for (int i = 1; i <= 100; i++) {
      end(i <= 98 ? 100 : 5_000);
    }

    CallFigures.Times since = figures.times().since(before);

    assertThat(since.quantileMicros(0.5)).isBetween(100L, 113L);
    assertThat(since.quantileMicros(0.98)).isBetween(100L, 113L);
    assertThat(since.quantileMicros(0.99)).isBetween(5_000L, 5_626L);
    assertThat(figures.times().since(figures.times()).isEmpty()).isTrue();
  }

  @Test
  void faultsAndRefusalsAreToldApart() {
    figures.begin(true);
    figures.begin(false);
    figures.begin(false);
    figures.end(false, true, true, 1);
    figures.end(false, false, false, 1);

    assertThat(figures.calls()).isEqualTo(3);
    assertThat(figures.failed()).isEqualTo(1);
    assertThat(figures.refused()).isEqualTo(1);
    assertThat(figures.openStreams()).isEqualTo(1);
  }

  private void end(long micros) {
    figures.end(true, false, true, TimeUnit.MICROSECONDS.toNanos(micros));
  }
}
