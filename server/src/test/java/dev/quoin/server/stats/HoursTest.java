// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.TestConnection;
import io.opentelemetry.api.OpenTelemetry;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nodes whose clocks do not agree. */
@Tag("redis")
final class HoursTest {
  private static final LuaScript SCRIPT = LuaScript.load("test/clock");

  private final TestConnection connection = TestConnection.open();
  private final Scripts scripts =
      new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test"));
  private final RequestContext scope = new RequestContext("default", null);
  private final Hours hours = new Hours(100);

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @Test
  void eachNodeIsAskedForTheHourOfItsOwnClock() throws Exception {
    Window window = Window.ago(0);
    for (int i = 0; i < 10; i++) {
      for (long clock : new long[] {100, 101}) {
        CompletionStage<Hours.Told> told =
            hours.ask(
                window,
                hour ->
                    // Somewhere else it is another hour.
                    hours
                        .ask(window, other -> run(201 - clock, window, other))
                        .thenCompose(other -> run(clock, window, hour)));
        assertThat(get(told).reply().integer()).isEqualTo(clock);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0, 101", "1, 100", "24, 77"})
  void nodesAreAskedForTheSameHourWhereTheirClocksDiffer(int ago, long expected) throws Exception {
    Hours.AllTold told =
        get(
            hours.askAll(
                Window.ago(ago),
                16,
                (node, window, hour) -> run(node == 7 ? 101 : 100, window, hour)));

    assertThat(told.hour()).isEqualTo(expected);
    assertThat(told.answers()).hasSize(16).allMatch(answer -> answer.reply().integer() == expected);
  }

  @Test
  void clocksDoNotMatterForAnHourThatIsGiven() throws Exception {
    AtomicLong asked = new AtomicLong();
    Hours.AllTold told =
        get(
            hours.askAll(
                Window.of(5),
                2,
                (node, window, hour) -> {
                  asked.incrementAndGet();
                  return run(100 + node, window, hour);
                }));

    assertThat(told.hour()).isEqualTo(5);
    assertThat(asked).hasValue(2);
  }

  @Test
  void clockThatNeverAgreesIsAnUnavailableStore() {
    AtomicLong clock = new AtomicLong(100);
    Window window = Window.ago(0);

    assertThatThrownBy(
            () -> get(hours.ask(window, hour -> run(clock.incrementAndGet(), window, hour))))
        .cause()
        .isInstanceOfSatisfying(
            ApiException.class,
            refusal ->
                assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_STORE_UNAVAILABLE));
  }

  private CompletionStage<Reply> run(long clock, Window window, long hour) {
    return scripts.run(
        SCRIPT, scope, new String[] {"quoin:clock"}, Long.toString(clock), window.word(), hour);
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
