// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.testing.TestConnection;
import io.opentelemetry.api.OpenTelemetry;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server whose idea of the hour is not that of Redis. */
@Tag("redis")
final class StatsStoreTest {
  private static final Once REQUEST = new Once("request", "digest");

  private final TestConnection connection = TestConnection.open();
  private final RequestContext scope = new RequestContext("n" + UUID.randomUUID(), null);

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 30})
  void clockOfRedisDecidesWhichHourItIs(long hoursOff) throws Exception {
    Series series = new Series("t", "a");
    StatsStore.Recorded first = get(store(hoursOff).record(scope, series, List.of(4.0), REQUEST));

    assertThat(get(store(hoursOff).record(scope, series, List.of(4.0), REQUEST))).isEqualTo(first);
    Figures figures = get(store(hoursOff).get(scope, series, Window.of(first.hour())));
    assertThat(figures.count()).isEqualTo(1);
    assertThat(get(store(hoursOff).get(scope, series, Window.ago(0))).hour())
        .isBetween(first.hour(), first.hour() + 1);
    assertThat(get(store(hoursOff).slowest(scope, "t", Window.of(first.hour()), 5)).slowest())
        .containsExactly(new StatsStore.Slow("a", 4));
    assertThat(get(store(hoursOff).slowest(scope, "t", Window.ago(1), 5)).hour())
        .isBetween(first.hour() - 1, first.hour());
  }

  private StatsStore store(long hoursOff) {
    return new StatsStore(
        new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test")),
        new Keyspace("quoin", "stats"),
        System.currentTimeMillis() / 3_600_000 + hoursOff);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
