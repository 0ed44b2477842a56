// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.counters.v1.Sample;
import dev.quoin.errors.v1.ErrorReason;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class CountersTest {
  private static final com.google.protobuf.Duration DAY = Times.duration(Duration.ofDays(1));

  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Counters counters = quoin.counters();

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void incrementsAreInTheSamplesOfEveryPrecision() {
    counters.increment(r -> r.setName("a").setDelta(2));
    counters.increment(r -> r.setName("a").setDelta(3));

    List<Sample> days =
        counters
            .get(r -> r.setName("a").setPrecision(DAY).setLast(3).setZeroFill(true))
            .getSamplesList();

    assertThat(days).extracting(Sample::getCount).containsExactly(0L, 0L, 5L);
    assertThat(days).extracting(Sample::getPartial).containsExactly(false, false, true);
    assertThat(counters.delete(r -> r.setName("a")).getDeleted()).isTrue();
    assertThat(total(counters, "a")).isZero();
  }

  @Test
  void refusalsAreExceptionsWithTheirReason() {
    counters.increment(r -> r.setName("a").setDelta(Long.MAX_VALUE));

    assertThatThrownBy(() -> counters.increment(r -> r.setName("a").setDelta(1)))
        .isInstanceOfSatisfying(
            QuoinException.class,
            e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_COUNTER_OVERFLOW));
    assertThatThrownBy(() -> counters.increment(r -> r.setName("").setDelta(1)))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void recorderSendsSumsAndLosesNothingWhenItIsClosed() {
    CounterRecorder recorder = counters.recorder(Duration.ofHours(1));
    for (int i = 0; i < 25_000; i++) {
      recorder.increment("name " + i % 5_000);
    }
    recorder.add("name 7", -2);
    String longest = "é".repeat(256);
    recorder.increment(longest);

    recorder.close();

    assertThat(total(counters, "name 7")).isEqualTo(3);
    assertThat(total(counters, "name 4999")).isEqualTo(5);
    assertThat(total(counters, longest)).isEqualTo(1);
    assertThat(recorder.lost()).isZero();
  }

  @Test
  void recorderSendsOnceInAPeriod() {
    try (CounterRecorder recorder = counters.recorder(Duration.ofMillis(20))) {
      recorder.increment("a");
      Eventually.until("it is so", () -> total(counters, "a") == 1);
      recorder.increment("a");
      Eventually.until("it is so", () -> total(counters, "a") == 2);
    }
  }

  @Test
  void recorderRefusesAtOnceWhatCouldNotBeSent() {
    try (CounterRecorder recorder = counters.recorder()) {
      assertThatThrownBy(() -> recorder.increment("")).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> recorder.increment("é".repeat(257)))
          .isInstanceOf(IllegalArgumentException.class);
      recorder.add("a", Long.MAX_VALUE);
      assertThatThrownBy(() -> recorder.add("a", 1)).isInstanceOf(ArithmeticException.class);
    }
    assertThat(total(counters, "a")).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void recorderCountsOnceAcrossARestartOfTheServer() {
    try (TestServer server = new TestServer();
        Quoin own = Quoin.builder().address(server.address()).build()) {
      CounterRecorder recorder = own.counters().recorder(Duration.ofMillis(5));
      for (int i = 0; i < 200; i++) {
        recorder.increment("a");
      }
      recorder.flush();
      server.stop();
      for (int i = 0; i < 300; i++) {
        recorder.increment("a");
      }
      recorder.flush();
      server.start();

      Eventually.until("it is so", () -> isTotal(own.counters(), 500));
      recorder.close();
      assertThat(total(own.counters(), "a")).isEqualTo(500);
      assertThat(recorder.lost()).isZero();
    }
  }

  @Test
  void watchTellsChangesAcrossARestartOfTheServer() {
    List<Long> told = new CopyOnWriteArrayList<>();
    try (TestServer server = new TestServer();
        Quoin own = Quoin.builder().address(server.address()).build()) {
      ResumableStream<?, ?> watch =
          own.counters()
              .watch(
                  r -> r.setName("a").setPrecision(DAY),
                  state -> told.add(state.getSamples(1).getCount()));
      Eventually.until("it is so", () -> told.contains(0L));
      own.counters().increment(r -> r.setName("a").setDelta(4));
      Eventually.until("it is so", () -> told.contains(4L));

      server.stop();
      server.start();
      own.counters().increment(r -> r.setName("a").setDelta(5));

      Eventually.until("it is so", () -> told.contains(9L));
      assertThat(watch.ended()).isNotDone();
      watch.close();
    }
  }

  @Test
  void watchThatIsRefusedSaysWhy() {
    ResumableStream<?, ?> watch =
        counters.watch(
            r -> r.setName("a").setPrecision(Times.duration(Duration.ofSeconds(7))), state -> {});

    assertThatThrownBy(() -> Futures.await(watch.ended()))
        .isInstanceOfSatisfying(
            QuoinException.class,
            e ->
                assertThat(e.reason())
                    .isEqualTo(ErrorReason.ERROR_REASON_COUNTER_PRECISION_UNKNOWN));
  }

  private static boolean isTotal(Counters counters, long expected) {
    try {
      return total(counters, "a") == expected;
    } catch (UnavailableException e) {
      return false;
    }
  }

  private static long total(Counters counters, String name) {
    return counters.get(r -> r.setName(name).setPrecision(DAY).setLast(2)).getSamplesList().stream()
        .mapToLong(Sample::getCount)
        .sum();
  }
}
