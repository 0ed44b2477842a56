// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.GetRequest;
import dev.quoin.stats.v1.GetResponse;
import dev.quoin.stats.v1.ListRequest;
import dev.quoin.stats.v1.ListResponse;
import dev.quoin.stats.v1.ListSlowestRequest;
import dev.quoin.stats.v1.ListSlowestResponse.Slow;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.RecordResponse;
import dev.quoin.stats.v1.StatsGrpc;
import dev.quoin.stats.v1.StatsGrpc.StatsBlockingStub;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class StatsServiceTest {
  private static final long HOUR = 3_600;

  private final StatsBlockingStub stats = StatsGrpc.newBlockingStub(TestServer.first().channel());
  private final StatsBlockingStub elsewhere =
      StatsGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  /** Figure 5.3 of the source: 2,323 values of which only these figures are known. */
  @Test
  void figuresAreThoseOfTheVector() throws Exception {
    // 0.035, 4.958, and 130 values of one size among 2,191 of another.
    double sum = 258.973 - 0.035 - 4.958;
    double squares = 194.268 - 0.035 * 0.035 - 4.958 * 4.958;
    double mean = sum / 2321;
    double variance = squares / 2321 - mean * mean;
    double small = mean - Math.sqrt(variance * 130 / 2191);
    double large = mean + Math.sqrt(variance * 2191 / 130);
    List<Double> values = new ArrayList<>(List.of(0.035, 4.958));
    for (int i = 0; i < 2321; i++) {
      values.add(i % 17 == 0 && i < 17 * 130 ? large : small);
    }
    Batch.record("AccessTime", "/page", values);

    GetResponse figures = current("AccessTime", "/page");

    assertThat(figures.getCount()).isEqualTo(2323);
    assertThat(figures.getSum()).isCloseTo(258.973, within(1e-9));
    assertThat(figures.getMin()).isEqualTo(0.035);
    assertThat(figures.getMax()).isEqualTo(4.958);
    assertThat(figures.getMean()).isCloseTo(0.111482, within(5e-7));
    assertThat(figures.getStddev()).isCloseTo(0.266890, within(5e-7));
  }

  @Test
  void recordAnswersWithCountAndMeanSoFar() {
    record("t", "a", 2);
    RecordResponse second = elsewhere.record(value("t", "a", 6).build());

    assertThat(second.getCount()).isEqualTo(2);
    assertThat(second.getMean()).isEqualTo(4);
    assertThat(second.getAnomalous()).isFalse();
    assertThat(second.getHour().getSeconds() % HOUR).isZero();
    GetResponse figures = stats.get(in(second.getHour(), "t", "a"));
    assertThat(figures.getHour()).isEqualTo(second.getHour());
    assertThat(figures.getSum()).isEqualTo(8);
    assertThat(figures.getStddev()).isCloseTo(Math.sqrt(8), within(1e-12));
  }

  @Test
  void figuresOfOneValueAreThatValue() {
    RecordResponse recorded = record("t", "a", -3.5);

    GetResponse figures = stats.get(in(recorded.getHour(), "t", "a"));

    assertThat(figures.getMin()).isEqualTo(-3.5);
    assertThat(figures.getMax()).isEqualTo(-3.5);
    assertThat(figures.getMean()).isEqualTo(-3.5);
    assertThat(figures.getStddev()).isZero();
    assertThat(figures.getP50()).isEqualTo(-3.5);
    assertThat(figures.getP99()).isEqualTo(-3.5);
  }

  @Test
  void deviationOfLargeValuesThatDifferLittleIsExact() throws Exception {
    Batch.record("t", "a", List.of(1e15 + 1, 1e15 + 2, 1e15 + 3));

    assertThat(current("t", "a").getStddev()).isEqualTo(1);
  }

  @Test
  void percentilesAreWithinOnePercent() throws Exception {
    Random random = new Random(7);
    List<Double> values = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      values.add((i % 3 == 0 ? -1 : 1) * Math.exp(4 * random.nextGaussian()));
    }
    Batch.record("t", "a", values);
    values.sort(null);

    GetResponse figures = current("t", "a");

    assertThat(figures.getP50()).isCloseTo(values.get(2499), within(error(values.get(2499))));
    assertThat(figures.getP95()).isCloseTo(values.get(4749), within(error(values.get(4749))));
    assertThat(figures.getP99()).isCloseTo(values.get(4949), within(error(values.get(4949))));
  }

  @ParameterizedTest
  @ValueSource(
      doubles = {
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        1.1e18,
        -Double.MAX_VALUE
      })
  void whatIsNoNumberIsRefused(double value) {
    Refused refused = Refused.by(() -> record("t", "a", value));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).contains("value");
    assertThat(TestRedis.commands().keys("quoin:default:stats:*")).isEmpty();
  }

  @Test
  void extremeValuesKeepTheFiguresFinite() throws Exception {
    Batch.record("t", "a", List.of(1e18, -1e18, 0.0, Double.MIN_VALUE, -Double.MIN_VALUE));

    GetResponse figures = current("t", "a");

    assertThat(figures.getMin()).isEqualTo(-1e18);
    assertThat(figures.getMax()).isEqualTo(1e18);
    assertThat(figures.getP50()).isZero();
    assertThat(figures.getStddev()).isCloseTo(1e18 / Math.sqrt(2), within(1e6));
  }

  @Test
  void hourInWhichNothingWasRecordedIsEmpty() {
    record("t", "a", 5);

    GetResponse previous = stats.get(ago(1, "t", "a"));

    assertThat(previous.getCount()).isZero();
    assertThat(previous.getPartial()).isFalse();
    assertThat(previous.getMean()).isZero();
    assertThat(stats.get(ago(0, "t", "other")).getCount()).isZero();
    assertThat(stats.get(ago(0, "t", "other")).getPartial()).isTrue();
  }

  @Test
  void hoursAreKeptApart() {
    RecordResponse now = record("t", "a", 5);
    moveHours("t", "a", now, 3);
    record("t", "a", 7);

    assertThat(stats.get(in(now.getHour(), "t", "a")).getSum()).isEqualTo(7);
    Timestamp before = Timestamps.fromSeconds(now.getHour().getSeconds() - 3 * HOUR + 17);
    GetResponse moved = stats.get(in(before, "t", "a"));
    assertThat(moved.getSum()).isEqualTo(5);
    assertThat(moved.getPartial()).isFalse();
    assertThat(moved.getHour().getSeconds()).isEqualTo(now.getHour().getSeconds() - 3 * HOUR);
    assertThat(slowest(now.getHour())).extracting(Slow::getMean).containsExactly(7.0);
    assertThat(slowest(before)).extracting(Slow::getMean).containsExactly(5.0);
  }

  @Test
  void keysOfAnHourExpireADayAfterIt() {
    RecordResponse recorded = record("t", "a", 5);

    assertThat(hourKeys())
        .hasSize(2)
        .allSatisfy(
            key ->
                assertThat(TestRedis.commands().expiretime(key))
                    .isEqualTo(recorded.getHour().getSeconds() + 25 * HOUR));
  }

  @Test
  void slowestAreThoseWithTheHighestMeans() {
    for (int i = 1; i <= 30; i++) {
      record("t", "page " + i, i);
    }
    RecordResponse last = record("t", "page 30", 2);

    List<Slow> three =
        stats
            .listSlowest(
                ListSlowestRequest.newBuilder()
                    .setKind("t")
                    .setHour(last.getHour())
                    .setMaxItems(3)
                    .build())
            .getSlowestList();
    assertThat(three)
        .extracting(slow -> slow.getContext() + " " + slow.getMean())
        .containsExactly("page 29 29.0", "page 28 28.0", "page 27 27.0");
    assertThat(slowest(last.getHour())).hasSize(10);
    assertThat(elsewhere.listSlowest(ListSlowestRequest.newBuilder().setKind("other").build()))
        .satisfies(empty -> assertThat(empty.getSlowestList()).isEmpty());
  }

  @Test
  void rankingOfAShardIsBounded() {
    RecordResponse first = record("t", "a", 5);
    String ranking =
        hourKeys().stream().filter(key -> key.endsWith(":slowest")).findFirst().orElseThrow();
    for (int i = 0; i < 1200; i++) {
      TestRedis.commands().zadd(ranking, i, "filler " + i);
    }
    TestRedis.commands().del(hourKeys().stream().filter(k -> !k.equals(ranking)).findFirst().get());

    record("t", "a", 5000);

    assertThat(TestRedis.commands().zcard(ranking)).isEqualTo(1000);
    assertThat(slowest(first.getHour()).get(0).getContext()).isEqualTo("a");

    TestRedis.commands().zrem(ranking, "a");
    TestRedis.commands().zadd(ranking, 1, "filler");
    record("t", "a", 5000);

    assertThat(TestRedis.commands().zcard(ranking)).as("crowded out and back").isEqualTo(1000);
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        StatsGrpc.getRecordMethod(),
        name -> value("t", name, 5),
        request -> request.setValue(6),
        name -> stats.get(ago(0, "t", name)).getCount());
  }

  @Test
  void pairsAreListedInOrder() {
    record("time", "b", 1);
    record("time", "a:{1}", 1);
    record("size", "a", 1);
    record("times", "a", 1);

    assertThat(names(stats.list(ListRequest.getDefaultInstance())))
        .containsExactly("size/a", "time/a:{1}", "time/b", "times/a");
    assertThat(names(stats.list(ListRequest.newBuilder().setKind("time").build())))
        .containsExactly("time/a:{1}", "time/b");
    assertThat(
            Refused.by(() -> stats.list(ListRequest.newBuilder().setPrefix("a").build())).fields())
        .containsExactly("prefix");
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        StatsGrpc.getListMethod(),
        ListRequest.newBuilder().setKind("page"),
        ListRequest.newBuilder(),
        i -> record("page", "" + i, i));
  }

  @Test
  void timeThatIsNoneIsRefusedWithItsField() {
    Timestamp broken = Timestamp.newBuilder().setSeconds(Long.MIN_VALUE).build();

    assertThat(Refused.by(() -> stats.get(in(broken, "t", "a"))).fields()).containsExactly("hour");
    assertThat(Refused.by(() -> slowest(broken)).fields()).containsExactly("hour");
  }

  @Test
  void aValueHasToBeGiven() {
    assertThat(Refused.by(() -> stats.record(value("t", "a", 1).clearValue().build())).fields())
        .containsExactly("value");
    assertThat(record("t", "a", 0).getCount()).isEqualTo(1);
  }

  @Test
  void anHourThatIsNotKeptIsRefused() {
    Timestamp ahead = Timestamps.fromMillis(System.currentTimeMillis() + 3 * 3_600_000);
    Timestamp forgotten = Timestamps.fromMillis(System.currentTimeMillis() - 26 * 3_600_000);
    Timestamp kept = Timestamps.fromMillis(System.currentTimeMillis() - 23 * 3_600_000);

    assertThat(Refused.by(() -> stats.get(in(forgotten, "t", "a"))).fields())
        .containsExactly("hour");
    assertThat(Refused.by(() -> slowest(forgotten)).fields()).containsExactly("hour");
    assertThat(Refused.by(() -> stats.get(in(ahead, "t", "a"))).fields()).containsExactly("hour");
    assertThat(Refused.by(() -> slowest(ahead)).fields()).containsExactly("hour");
    assertThat(stats.get(in(kept, "t", "a")).getCount()).isZero();
    assertThat(slowest(kept)).isEmpty();
  }

  private RecordResponse record(String kind, String context, double value) {
    return stats.record(value(kind, context, value).build());
  }

  private GetResponse current(String kind, String context) {
    return stats.get(ago(0, kind, context));
  }

  private List<Slow> slowest(Timestamp hour) {
    return stats
        .listSlowest(ListSlowestRequest.newBuilder().setKind("t").setHour(hour).build())
        .getSlowestList();
  }

  private static double error(double value) {
    return Math.abs(value) * 0.010001;
  }

  /** Makes what was recorded in an hour that of an earlier one. */
  private static void moveHours(String kind, String context, RecordResponse hour, int hours) {
    long now = hour.getHour().getSeconds() / HOUR;
    for (String key : hourKeys()) {
      TestRedis.commands().rename(key, key.replace(":" + now + ":", ":" + (now - hours) + ":"));
    }
  }

  private static List<String> hourKeys() {
    return TestRedis.commands().keys("quoin:default:stats:{t/*").stream()
        .filter(key -> !key.contains(":request:"))
        .toList();
  }

  private static List<String> names(ListResponse response) {
    return response.getSeriesList().stream().map(s -> s.getKind() + "/" + s.getContext()).toList();
  }

  private static RecordRequest.Builder value(String kind, String context, double value) {
    return RecordRequest.newBuilder().setKind(kind).setContext(context).setValue(value);
  }

  private static GetRequest in(Timestamp hour, String kind, String context) {
    return GetRequest.newBuilder().setKind(kind).setContext(context).setHour(hour).build();
  }

  private static GetRequest ago(int hours, String kind, String context) {
    return GetRequest.newBuilder().setKind(kind).setContext(context).setHoursAgo(hours).build();
  }
}
