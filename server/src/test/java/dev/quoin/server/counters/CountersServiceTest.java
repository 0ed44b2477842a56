// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.ErrorInfo;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.DeleteRequest;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.IncrementResponse;
import dev.quoin.counters.v1.ListRequest;
import dev.quoin.counters.v1.Sample;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class CountersServiceTest {
  private static final List<Long> PRECISIONS = List.of(1L, 5L, 60L, 300L, 3600L, 18000L, 86400L);
  private static final long DAY = 86_400;

  private final CountersBlockingStub counters =
      CountersGrpc.newBlockingStub(TestServer.first().channel());
  private final CountersBlockingStub elsewhere =
      CountersGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void firstIncrementIsInTheOpenSliceOfEveryPrecision() {
    long second = counters.increment(named("a").build()).getEventTime().getSeconds();

    for (long precision : PRECISIONS) {
      assertThat(counters.get(get("a", precision).build()).getSamplesList())
          .as("precision " + precision)
          .singleElement()
          .satisfies(
              sample -> {
                assertThat(sample.getCount()).isEqualTo(1);
                assertThat(sample.getStartTime().getSeconds())
                    .isEqualTo(second - second % precision);
              });
    }
    assertThat(counters.get(get("a", DAY).build()).getSamples(0).getPartial()).isTrue();
  }

  @Test
  void incrementsAddUpWhicheverServerTheyComeBy() {
    counters.increment(named("a").setDelta(7).build());
    elsewhere.increment(named("a").setDelta(-10).build());
    counters.increment(named("a").setDelta(0).build());
    elsewhere.increment(named("a").setDelta(1L << 50).build());
    counters.increment(named("a").setDelta(5).build());

    assertThat(total("a", DAY)).isEqualTo((1L << 50) + 2);
    assertThat(total("a", 1)).isEqualTo((1L << 50) + 2);
  }

  /** Figure 5.1 of the source, moved to the present. */
  @Test
  void samplesOfFiveSecondsAreThoseOfTheFigure() {
    long start = now() / 5 * 5 - 60;
    long[] counts = {17, 29, 28, 45};
    for (int i = 0; i < counts.length; i++) {
      counters.increment(at("a", start + 5 * i + i % 5).setDelta(counts[i]).build());
    }

    List<Sample> samples = counters.get(get("a", 5).build()).getSamplesList();

    assertThat(samples).extracting(Sample::getCount).containsExactly(17L, 29L, 28L, 45L);
    assertThat(samples)
        .extracting(sample -> sample.getStartTime().getSeconds())
        .containsExactly(start, start + 5, start + 10, start + 15);
    assertThat(samples).noneMatch(Sample::getPartial);
  }

  @Test
  void midnightSeparatesDays() {
    long midnight = now() / DAY * DAY - 5 * DAY;
    counters.increment(at("a", midnight - 1).setDelta(3).build());
    counters.increment(at("a", midnight).setDelta(4).build());

    List<Sample> days = counters.get(get("a", DAY).build()).getSamplesList();

    assertThat(days).extracting(Sample::getCount).containsExactly(3L, 4L);
    assertThat(days.get(1).getStartTime().getSeconds()).isEqualTo(midnight);
  }

  @Test
  void slicesInWhichNothingWasCountedAreLeftOutOrFilledWithZeros() {
    long day = now() / DAY * DAY;
    counters.increment(at("a", day - 3 * DAY).build());
    counters.increment(at("a", day - DAY).build());

    assertThat(counters.get(get("a", DAY).build()).getSamplesList()).hasSize(2);
    List<Sample> filled =
        counters
            .get(
                get("a", DAY)
                    .setFrom(Timestamps.fromSeconds(day - 4 * DAY))
                    .setTo(Timestamps.fromSeconds(day))
                    .setZeroFill(true)
                    .build())
            .getSamplesList();
    assertThat(filled).extracting(Sample::getCount).containsExactly(0L, 1L, 0L, 1L);
    assertThat(counters.get(get("a", DAY).setZeroFill(true).build()).getSamplesList()).hasSize(120);
  }

  @Test
  void getGivesTheSlicesAskedFor() {
    long day = now() / DAY * DAY;
    for (int i = 1; i <= 9; i++) {
      counters.increment(at("a", day - i * DAY + 100).setDelta(i).build());
    }

    assertThat(counts(get("a", DAY).setLast(4))).containsExactly(3L, 2L, 1L);
    assertThat(counts(get("a", DAY).setLast(2).setTo(Timestamps.fromSeconds(day - 3 * DAY))))
        .containsExactly(5L, 4L);
    assertThat(
            counts(
                get("a", DAY)
                    .setFrom(Timestamps.fromSeconds(day - 6 * DAY + 7))
                    .setTo(Timestamp.newBuilder().setSeconds(day - 4 * DAY).setNanos(1).build())))
        .containsExactly(6L, 5L, 4L);
    assertThat(counts(get("a", DAY).setFrom(Timestamps.fromSeconds(day + 9 * DAY)))).isEmpty();
  }

  @Test
  void counterNobodyIncrementedHasNoSamples() {
    assertThat(counters.get(get("a", 60).build()).getSamplesList()).isEmpty();
    assertThat(counts(get("a", 60).setZeroFill(true).setLast(3))).containsExactly(0L, 0L, 0L);
    assertThat(TestRedis.commands().keys("quoin:default:counters:*")).isEmpty();
  }

  @Test
  void eventOfTwoHoursAgoCountsOnlyWhereSlicesAreKeptSoLong() {
    long before = now() - 7500;
    IncrementResponse response = counters.increment(at("a", before).build());

    assertThat(response.getEventTime().getSeconds()).isEqualTo(before);
    assertThat(total("a", 60)).isZero();
    assertThat(total("a", 300)).isEqualTo(1);
    assertThat(total("a", DAY)).isEqualTo(1);
  }

  @Test
  void clockThatIsALittleAheadCountsAsNow() {
    long now = now();
    IncrementResponse response = counters.increment(at("a", now + 30).build());

    assertThat(response.getEventTime().getSeconds()).isBetween(now, now + 25);
    assertThat(total("a", DAY)).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(longs = {-121 * DAY, 3600})
  void eventTooFarFromNowIsRefused(long offset) {
    Refused refused = Refused.by(() -> counters.increment(at("a", now() + offset).build()));

    assertThat(refused.code()).isEqualTo(Code.OUT_OF_RANGE);
    assertThat(refused.reason()).isEqualTo("EVENT_TIME_OUT_OF_RANGE");
    assertThat(TestRedis.commands().keys("*:series-*")).isEmpty();
    assertThat(counters.list(list("").build()).getNamesList()).isEmpty();
  }

  @Test
  void timeThatIsNoneIsRefusedWithItsField() {
    Timestamp broken = Timestamp.newBuilder().setSeconds(Long.MAX_VALUE).build();

    assertThat(
            Refused.by(() -> counters.increment(named("a").setEventTime(broken).build())).fields())
        .containsExactly("event_time");
    assertThat(Refused.by(() -> counters.get(get("a", 1).setFrom(broken).build())).fields())
        .containsExactly("from");
    assertThat(Refused.by(() -> counters.get(get("a", 1).setTo(broken).build())).fields())
        .containsExactly("to");
  }

  @Test
  void aTimeThatEndsBeforeItBeginsIsRefused() {
    Timestamp noon = Timestamp.newBuilder().setSeconds(now()).build();

    assertThat(
            Refused.by(() -> counters.get(get("a", 1).setFrom(noon).setTo(noon).build())).fields())
        .containsExactly("to");
  }

  @Test
  void sixtyFourBitsAreCountedExactlyAndOverflowChangesNothing() {
    counters.increment(named("a").setDelta(Long.MAX_VALUE - 1).build());
    counters.increment(named("a").build());

    Refused refused = Refused.by(() -> counters.increment(named("a").setDelta(1).build()));

    assertThat(refused.code()).isEqualTo(Code.OUT_OF_RANGE);
    assertThat(refused.reason()).isEqualTo("COUNTER_OVERFLOW");
    for (long precision : PRECISIONS) {
      assertThat(total("a", precision)).as("precision " + precision).isEqualTo(Long.MAX_VALUE);
    }
    counters.increment(named("a").setDelta(Long.MIN_VALUE).build());
    assertThat(total("a", DAY)).isEqualTo(-1);
  }

  @Test
  void overflowOfOnePrecisionChangesNoOther() {
    long day = now() / DAY * DAY - 2 * DAY;
    counters.increment(at("a", day + 10).setDelta(Long.MAX_VALUE).build());

    Refused refused = Refused.by(() -> counters.increment(at("a", day + 40_000).build()));

    assertThat(refused.reason()).isEqualTo("COUNTER_OVERFLOW");
    assertThat(counts(get("a", 18_000))).containsExactly(Long.MAX_VALUE);
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        CountersGrpc.getIncrementMethod(),
        name -> named(name).setDelta(3),
        request -> request.setDelta(4),
        name -> total(name, DAY));
  }

  @Test
  void unknownPrecisionIsRefusedWithThoseThereAre() {
    Refused refused = Refused.by(() -> counters.get(get("a", 7).build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.reason()).isEqualTo("COUNTER_PRECISION_UNKNOWN");
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("precisions", "1s, 5s, 60s, 300s, 3600s, 18000s, 86400s");
  }

  @Test
  void counterIsOneKeyThatExpiresWithItsNewestDay() {
    counters.increment(named("a").build());

    List<String> keys = TestRedis.commands().keys("quoin:default:counters:{a}:*");
    assertThat(keys).singleElement().asString().startsWith("quoin:default:counters:{a}:series-");
    assertThat(TestRedis.commands().expiretime(keys.get(0))).isEqualTo((now() / DAY + 120) * DAY);
    assertThat(TestRedis.commands().strlen(keys.get(0)))
        .as("a counter that was hardly used is small")
        .isLessThan(50);
  }

  @Test
  void lateEventDoesNotShortenTheLifeOfACounter() {
    counters.increment(named("a").build());
    counters.increment(at("a", now() - 50 * DAY).build());
    counters.increment(at("a", now() - 40 * DAY).build());

    String key = TestRedis.commands().keys("quoin:default:counters:{a}:*").get(0);
    assertThat(TestRedis.commands().expiretime(key)).isEqualTo((now() / DAY + 120) * DAY);
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        CountersGrpc.getListMethod(),
        list("page/"),
        list(""),
        i -> {
          counters.increment(named("page/" + i).build());
          counters.increment(named("other/" + i).build());
        });
  }

  @Test
  void deletedCounterBeginsAnewWhicheverServerUsesIt() {
    counters.increment(named("a").setDelta(9).build());
    elsewhere.increment(named("a").setDelta(9).build());

    assertThat(counters.delete(delete("a")).getDeleted()).isTrue();
    assertThat(counters.delete(delete("a")).getDeleted()).isFalse();
    assertThat(counts(get("a", DAY))).isEmpty();
    assertThat(names()).isEmpty();

    elsewhere.increment(named("a").build());
    assertThat(counts(get("a", DAY))).containsExactly(1L);
    assertThat(names()).containsExactly("a");
  }

  @Test
  void namesAreOpaqueAndNamespacesDoNotSeeEachOther() {
    List<String> hard = new ArrayList<>(List.of("a:{b}/c d", "{", "schlüssel-鍵-🔑", "%41"));
    hard.forEach(name -> counters.increment(named(name).build()));

    hard.forEach(name -> assertThat(counts(get(name, DAY))).containsExactly(1L));
    assertThat(names()).containsExactlyInAnyOrderElementsOf(hard);
    assertThat(Refused.by(() -> counters.increment(named("a".repeat(513)).build())).fields())
        .containsExactly("name");
  }

  private List<String> names() {
    return counters.list(list("").build()).getNamesList();
  }

  private List<Long> counts(GetRequest.Builder request) {
    return counters.get(request.build()).getSamplesList().stream().map(Sample::getCount).toList();
  }

  private long total(String name, long precision) {
    return counts(get(name, precision)).stream().mapToLong(Long::longValue).sum();
  }

  private static IncrementRequest.Builder named(String name) {
    return IncrementRequest.newBuilder().setName(name);
  }

  private static IncrementRequest.Builder at(String name, long second) {
    return named(name).setEventTime(Timestamps.fromSeconds(second));
  }

  private static GetRequest.Builder get(String name, long precision) {
    Duration duration = Durations.fromSeconds(precision);
    return GetRequest.newBuilder().setName(name).setPrecision(duration);
  }

  private static ListRequest.Builder list(String prefix) {
    return ListRequest.newBuilder().setPrefix(prefix);
  }

  private static DeleteRequest delete(String name) {
    return DeleteRequest.newBuilder().setName(name).build();
  }

  /** Redis and the tests run on one machine, so this is the clock of both. */
  private static long now() {
    return System.currentTimeMillis() / 1000;
  }
}
