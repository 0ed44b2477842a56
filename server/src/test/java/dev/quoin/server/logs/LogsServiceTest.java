// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.logs.v1.ListCommonRequest;
import dev.quoin.logs.v1.ListCommonResponse;
import dev.quoin.logs.v1.ListNamesRequest;
import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsBlockingStub;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteResponse;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class LogsServiceTest {
  private static final String LOG = "quoin:default:logs:{web}:";
  private static final long HOUR = 1L << 32;

  private final LogsBlockingStub logs = LogsGrpc.newBlockingStub(TestServer.first().channel());
  private final LogsBlockingStub others = LogsGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void writtenEntryIsFoundWithAllThatBelongsToIt() {
    WriteResponse written =
        logs.write(
            entry("no more disk 💥")
                .setSeverity(Severity.SEVERITY_ERROR)
                .setTemplate("no more {}")
                .putFields("host", "a-1")
                .build());

    List<LogEntry> recent = recent(Severity.SEVERITY_ERROR, 0);

    assertThat(recent)
        .containsExactly(
            LogEntry.newBuilder()
                .setSeverity(Severity.SEVERITY_ERROR)
                .setText("no more disk 💥")
                .setTemplate("no more {}")
                .putFields("host", "a-1")
                .setTime(written.getTime())
                .build());
    assertThat(Timestamps.toMillis(written.getTime()))
        .isBetween(redisMillis() - 20_000, redisMillis());
  }

  @Test
  void entryWithoutSeverityIsInfo() {
    logs.write(entry("started").build());

    assertThat(recent(Severity.SEVERITY_INFO, 0)).hasSize(1);
    assertThat(recent(Severity.SEVERITY_ERROR, 0)).isEmpty();
  }

  @Test
  void recentIsNewestFirstAndNotMoreThanAskedFor() {
    IntStream.range(0, 5).forEach(i -> logs.write(entry("entry " + i).build()));

    assertThat(recent(Severity.SEVERITY_INFO, 2))
        .extracting(LogEntry::getText)
        .containsExactly("entry 4", "entry 3");
  }

  @Test
  void noisySeverityDoesNotDriveOutARareOne() {
    logs.write(entry("disk full").setSeverity(Severity.SEVERITY_CRITICAL).build());
    Batches.write(TestServer.first(), "web", 1_300, Severity.SEVERITY_DEBUG);

    assertThat(recent(Severity.SEVERITY_DEBUG, 0)).hasSize(100);
    assertThat(recent(Severity.SEVERITY_CRITICAL, 0)).hasSize(1);
    assertThat(TestRedis.commands().xlen(LOG + "entries")).isBetween(1_000L, 1_200L);
    assertThat(TestRedis.commands().xlen(LOG + "recent:1")).isBetween(100L, 250L);
  }

  @Test
  void recentOfNoSeverityIsThatOfAll() {
    logs.write(entry("one").setSeverity(Severity.SEVERITY_DEBUG).build());
    logs.write(entry("two").setSeverity(Severity.SEVERITY_ERROR).build());

    assertThat(recent(Severity.SEVERITY_UNSPECIFIED, 0))
        .extracting(LogEntry::getText)
        .containsExactly("two", "one");
  }

  @Test
  void everyKeyExpires() {
    logs.write(entry("a").setRequestId("r-1").build());
    others.write(entry("a").setSeverity(Severity.SEVERITY_ERROR).build());

    assertThat(TestRedis.commands().keys("quoin:default:logs:*"))
        .contains(LOG + "head", LOG + "entries", LOG + "recent:2", LOG + "common:4")
        .allSatisfy(key -> assertThat(TestRedis.commands().pttl(key)).as(key).isPositive());
    assertThat(TestRedis.commands().pttl(LOG + "entries")).isBetween(604_700_000L, 604_800_000L);
    assertThat(TestRedis.commands().pttl(LOG + "common:2")).isBetween(93_500_000L, 93_600_000L);
  }

  @Test
  void commonRanksMessagesByHowOftenTheyWereWritten() {
    for (int i = 0; i < 3; i++) {
      logs.write(entry("user " + i + " not found").setTemplate("user {} not found").build());
      others.write(entry("saved").build());
    }
    logs.write(entry("saved").build());
    logs.write(entry("saved").setSeverity(Severity.SEVERITY_ERROR).build());

    ListCommonResponse common = logs.listCommon(common().build());

    assertThat(common.getCommonMessagesList())
        .extracting(
            ListCommonResponse.CommonMessage::getTemplate,
            ListCommonResponse.CommonMessage::getCount)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("saved", 4L),
            org.assertj.core.groups.Tuple.tuple("user {} not found", 3L));
    assertThat(common.getDistinct()).isEqualTo(2);
    assertThat(common.getMaxOvercount()).isZero();
  }

  @Test
  void commonOfALogNobodyWroteToIsEmpty() {
    ListCommonResponse common = logs.listCommon(common().build());

    assertThat(common.getCommonMessagesList()).isEmpty();
    assertThat(common.getPartial()).isTrue();
    assertThat(Timestamps.toMillis(common.getHour()) % 3_600_000).isZero();
  }

  @Test
  void firstWriteAfterAQuietGapStartsItsHourAndKeepsTheOthersAsTheyWere() {
    logs.write(entry("saved").build());
    logs.write(entry("saved").build());
    moveBack(3);

    logs.write(entry("saved").build());

    assertThat(counts(common())).containsExactly(1L);
    assertThat(counts(common().setHoursAgo(1))).isEmpty();
    assertThat(counts(common().setHoursAgo(3))).containsExactly(2L);
    ListCommonResponse before = logs.listCommon(common().setHoursAgo(3).build());
    assertThat(before.getPartial()).isFalse();
    assertThat(counts(common().setHour(before.getHour()))).containsExactly(2L);
    assertThat(counts(common().setHour(Timestamps.fromSeconds(3_600)))).isEmpty();
  }

  @Test
  void readingBeforeTheFirstWriteOfAnHourShowsNothingOfTheHourBefore() {
    logs.write(entry("saved").build());
    moveBack(1);

    assertThat(counts(common())).isEmpty();
    assertThat(counts(common().setHoursAgo(1))).containsExactly(1L);
  }

  @Test
  void hoursAreForgottenAfterADayByTheFirstWriteOfALaterOne() {
    logs.write(entry("saved").build());
    moveBack(30);
    TestRedis.commands().hdel(LOG + "head", "2");

    logs.write(entry("saved").build());

    assertThat(TestRedis.commands().zcard(LOG + "common:2")).isEqualTo(1);
  }

  @Test
  void frequentMessageIsFoundAmongMoreMessagesThanAreCounted() {
    Batches.write(TestServer.first(), "web", 1_000, Severity.SEVERITY_INFO);
    for (int i = 0; i < 50; i++) {
      logs.write(entry("the one that matters").build());
      logs.write(entry("noise " + i).build());
    }

    ListCommonResponse common = logs.listCommon(common().setMaxItems(1).build());

    assertThat(common.getCommonMessages(0).getTemplate()).isEqualTo("the one that matters");
    assertThat(common.getDistinct()).isEqualTo(1_000);
    assertThat(common.getMaxOvercount()).isBetween(1L, 3L);
    assertThat(common.getCommonMessages(0).getCount())
        .isBetween(50L, 50L + common.getMaxOvercount());
  }

  @Test
  void writesOfTwoServersAtOnceAreAllCounted() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(8);
    for (int i = 0; i < 8; i++) {
      LogsBlockingStub server = i % 2 == 0 ? logs : others;
      writers.execute(
          () -> IntStream.range(0, 50).forEach(n -> server.write(entry("saved").build())));
    }
    writers.shutdown();
    assertThat(writers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();

    assertThat(counts(common())).containsExactly(400L);
    assertThat(TestRedis.commands().xlen(LOG + "entries")).isEqualTo(400);
  }

  @Test
  void longTextIsCountedByItsBeginningCutBetweenCharacters() {
    String text = "ä".repeat(8_192);
    logs.write(entry(text).build());

    assertThat(recent(Severity.SEVERITY_INFO, 0).get(0).getText()).isEqualTo(text);
    assertThat(logs.listCommon(common().build()).getCommonMessages(0).getTemplate())
        .isEqualTo("ä".repeat(256));
  }

  @Test
  void requestIsTheSameWithItsFieldsInAnotherOrder() {
    WriteRequest.Builder request = entry("paid").setRequestId("r-1");
    WriteResponse written = logs.write(request.putFields("a", "1").putFields("b", "2").build());

    request.clearFields().putFields("b", "2").putFields("a", "1");
    assertThat(others.write(request.build())).isEqualTo(written);
    assertThat(counts(common())).containsExactly(1L);
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        LogsGrpc.getWriteMethod(),
        name -> entry("paid").setName(name),
        request -> request.setText("unpaid"),
        name -> logs.listRecent(ListRecentRequest.newBuilder().setName(name).build()));
  }

  @Test
  void namesAreListedInOrder() {
    for (String name : List.of("b", "a/2", "a/1", "c")) {
      logs.write(entry("x").setName(name).build());
    }

    assertThat(others.listNames(ListNamesRequest.getDefaultInstance()).getNamesList())
        .containsExactly("a/1", "a/2", "b", "c");
    assertThat(
            others.listNames(ListNamesRequest.newBuilder().setPrefix("a/").build()).getNamesList())
        .containsExactly("a/1", "a/2");
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        LogsGrpc.getListNamesMethod(),
        ListNamesRequest.newBuilder().setPrefix("page/"),
        ListNamesRequest.newBuilder(),
        i -> logs.write(entry("x").setName("page/" + i).build()));
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    Metadata headers = new Metadata();
    headers.put(Call.NAMESPACE, "team-b");
    LogsBlockingStub elsewhere =
        logs.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    elsewhere.write(entry("secret").build());

    assertThat(recent(Severity.SEVERITY_INFO, 0)).isEmpty();
    assertThat(logs.listNames(ListNamesRequest.getDefaultInstance()).getNamesList()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "{a}", "}{", "%7B", "süß 🪵", " "})
  void anyPrintableNameIsALogOfItsOwn(String name) {
    logs.write(entry("x").setName(name).build());

    assertThat(
            logs.listRecent(ListRecentRequest.newBuilder().setName(name).build()).getEntriesList())
        .hasSize(1);
    assertThat(logs.listNames(ListNamesRequest.getDefaultInstance()).getNamesList())
        .containsExactly(name);
  }

  @Test
  void badFieldsAreNamedAndChangeNothing() {
    refusesField("name", entry("x").setName(""));
    refusesField("name", entry("x").setName("a\nb"));
    refusesField("name", entry("x").setName("a".repeat(513)));
    refusesField("text", entry(""));
    refusesField("text", entry("a".repeat(16_385)));
    refusesField("template", entry("x").setTemplate("a".repeat(513)));
    refusesField("severity", entry("x").setSeverityValue(6));
    refusesField("fields[\"\"]", entry("x").putFields("", "1"));
    refusesField("fields[\"a\"]", entry("x").putFields("a", "b".repeat(1_025)));
    WriteRequest.Builder many = entry("x");
    IntStream.range(0, 33).forEach(i -> many.putFields("f" + i, "1"));
    refusesField("fields", many);
    refusesField("request_id", entry("x").setRequestId("a b"));
    assertThat(Refused.by(() -> logs.listCommon(common().setHoursAgo(25).build())).fields())
        .containsExactly("hours_ago");
    assertThat(
            Refused.by(() -> logs.listCommon(common().setHour(Timestamps.fromSeconds(-1)).build()))
                .fields())
        .containsExactly("hour");
  }

  @Test
  void severityOutOfRangeForReadingIsRefused() {
    assertThat(
            Refused.by(
                    () ->
                        logs.listCommon(
                            common().setSeverity(Severity.SEVERITY_UNSPECIFIED).build()))
                .fields())
        .containsExactly("severity");
    assertThat(
            Refused.by(
                    () ->
                        logs.listRecent(
                            ListRecentRequest.newBuilder().setName("web").setMaxItems(101).build()))
                .fields())
        .containsExactly("max_items");
  }

  private void refusesField(String field, WriteRequest.Builder request) {
    Refused refused = Refused.by(() -> logs.write(request.build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsOnly(field);
    assertThat(TestRedis.commands().keys("quoin:default:logs:*")).isEmpty();
  }

  /** Makes everything counted so far, and the note of it, some hours older. */
  private static void moveBack(int hours) {
    String key = LOG + "common:2";
    TestRedis.commands()
        .zrangeWithScores(key, 0, -1)
        .forEach(
            counted -> {
              String[] parts = counted.getValue().split(" ", 2);
              String member = (Long.parseLong(parts[0]) - hours) + " " + parts[1];
              TestRedis.commands().zrem(key, counted.getValue());
              TestRedis.commands().zadd(key, counted.getScore() - hours * (double) HOUR, member);
            });
    TestRedis.commands().hincrby(LOG + "head", "2", -hours);
  }

  private static long redisMillis() {
    var time = TestRedis.nodes().get(0).commands().time();
    return Long.parseLong(time.get(0)) * 1_000 + Long.parseLong(time.get(1)) / 1_000;
  }

  private List<Long> counts(ListCommonRequest.Builder request) {
    return logs.listCommon(request.build()).getCommonMessagesList().stream()
        .map(ListCommonResponse.CommonMessage::getCount)
        .toList();
  }

  private List<LogEntry> recent(Severity severity, int limit) {
    return logs.listRecent(
            ListRecentRequest.newBuilder()
                .setName("web")
                .setSeverity(severity)
                .setMaxItems(limit)
                .build())
        .getEntriesList();
  }

  private static ListCommonRequest.Builder common() {
    return ListCommonRequest.newBuilder().setName("web").setSeverity(Severity.SEVERITY_INFO);
  }

  private static WriteRequest.Builder entry(String text) {
    return WriteRequest.newBuilder().setName("web").setText(text);
  }
}
