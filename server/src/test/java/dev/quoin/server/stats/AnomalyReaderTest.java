// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.stats.WatchedAnomalies.Newest;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import org.junit.jupiter.api.Test;

final class AnomalyReaderTest {
  private static final Newest NONE = new Newest(0, null);

  private final AnomalyReader reader = new AnomalyReader("a");

  @Test
  void callerHearsNothingBeforeItsFirstHeartbeat() {
    assertThat(reader.next(anomaly(5, "a")).hasHeartbeat()).isTrue();
    assertThat(reader.next(anomaly(5, "a"))).isNull();
    assertThat(reader.next(anomaly(6, "a")).hasAnomaly()).isTrue();
  }

  @Test
  void callerHearsOfItsContextAlone() {
    reader.next(NONE);

    assertThat(reader.next(anomaly(1, "b"))).isNull();
    assertThat(reader.next(anomaly(2, "a")).getAnomaly().getContext()).isEqualTo("a");
  }

  @Test
  void slowCallerIsToldHowManyItMissed() {
    reader.next(NONE);
    reader.skipped(anomaly(1, "a"));
    reader.skipped(anomaly(2, "b"));
    reader.skipped(anomaly(3, "a"));

    assertThat(reader.next(anomaly(4, "a")).getMissed()).isEqualTo(2);
    assertThat(reader.next(anomaly(5, "a")).getMissed()).isZero();
  }

  @Test
  void heartbeatTellsWhatWasMissedWhenNothingFollows() {
    reader.next(NONE);
    reader.skipped(anomaly(1, "a"));

    assertThat(reader.next(anomaly(1, "a"))).isNull();
    assertThat(reader.heartbeat(anomaly(1, "a"), false).getMissed()).isEqualTo(1);
  }

  private static Newest anomaly(long number, String context) {
    WatchAnomaliesResponse.Builder message = WatchAnomaliesResponse.newBuilder();
    message.getAnomalyBuilder().setKind("k").setContext(context).setValue(number);
    return new Newest(number, message.build());
  }
}
