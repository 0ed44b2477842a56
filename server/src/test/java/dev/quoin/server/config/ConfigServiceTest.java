// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static dev.quoin.server.config.Configs.delete;
import static dev.quoin.server.config.Configs.get;
import static dev.quoin.server.config.Configs.hostOf;
import static dev.quoin.server.config.Configs.on;
import static dev.quoin.server.config.Configs.set;
import static dev.quoin.server.config.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ListValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.DeleteResponse;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.ListRequest;
import dev.quoin.config.v1.ListResponse;
import dev.quoin.config.v1.ListVersionsRequest;
import dev.quoin.config.v1.ListVersionsResponse;
import dev.quoin.config.v1.RollbackRequest;
import dev.quoin.config.v1.RollbackResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class ConfigServiceTest {
  private static final String KEY = "quoin:default:config:{redis}:";

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void valueIsFoundAsItWasSet() {
    Struct value =
        Struct.newBuilder()
            .putFields("host", text("10.0.0.1"))
            .putFields("port", Value.newBuilder().setNumberValue(6379).build())
            .putFields(
                "options",
                Value.newBuilder()
                    .setListValue(
                        ListValue.newBuilder()
                            .addValues(text("ä鍵🔑"))
                            .addValues(Value.newBuilder().setBoolValue(true))
                            .addValues(Value.newBuilder().setNullValueValue(0)))
                    .build())
            .build();
    SetResponse stored =
        on(TestServer.first())
            .set(to("redis", "statistics", "").setValue(value).setActor("kim").build());

    GetResponse found = get("redis", "statistics");

    assertThat(stored.getStored()).isTrue();
    assertThat(found.getFound()).isTrue();
    Configuration configuration = found.getConfiguration();
    assertThat(configuration.getComponent()).isEqualTo("statistics");
    assertThat(configuration.getValue()).isEqualTo(value);
    assertThat(configuration.getVersion()).isEqualTo(stored.getVersion());
    assertThat(configuration.getUpdateTime()).isEqualTo(stored.getUpdateTime());
    assertThat(configuration.getActor()).isEqualTo("kim");
    assertThat(Timestamps.compare(found.getAsOf(), stored.getUpdateTime()))
        .isGreaterThanOrEqualTo(0);
  }

  @Test
  void componentThatDoesNotExistIsNotFound() {
    GetResponse found = get("redis", "statistics");

    assertThat(found.getFound()).isFalse();
    assertThat(found.hasConfiguration()).isFalse();
    assertThat(found.hasAsOf()).isTrue();
  }

  @Test
  void emptyValueIsAValueToo() {
    on(TestServer.first()).set(to("redis", "a", "").setValue(Struct.getDefaultInstance()).build());

    assertThat(get("redis", "a").getFound()).isTrue();
    assertThat(get("redis", "a").getConfiguration().hasValue()).isTrue();
  }

  @Test
  void everyChangeOfATypeHasAGreaterVersion() {
    List<Long> versions = new ArrayList<>();
    versions.add(set("redis", "a", "1").getVersion());
    versions.add(set("redis", "b", "1").getVersion());
    versions.add(set("redis", "a", "2").getVersion());
    versions.add(delete("redis", "a").getVersion());
    versions.add(set("redis", "a", "2").getVersion());

    assertThat(versions).doesNotHaveDuplicates().isSorted();
  }

  @Test
  void equalValueMakesNoNewVersion() {
    Struct one = Struct.newBuilder().putFields("a", text("1")).putFields("b", text("2")).build();
    Struct other = Struct.newBuilder().putFields("b", text("2")).putFields("a", text("1")).build();
    SetResponse first = on(TestServer.first()).set(to("redis", "x", "").setValue(one).build());

    SetResponse second = on(TestServer.second()).set(to("redis", "x", "").setValue(other).build());

    assertThat(second).isEqualTo(first);
    assertThat(history("redis", "x", 0, "").getConfigurationsList()).hasSize(1);
  }

  @Test
  void changeIsMadeOnlyToTheVersionThatIsExpected() {
    long version = set("redis", "a", "1").getVersion();
    SetResponse second =
        on(TestServer.first()).set(to("redis", "a", "2").setExpectedVersion(version).build());

    SetResponse third =
        on(TestServer.first()).set(to("redis", "a", "3").setExpectedVersion(version).build());

    assertThat(second.getStored()).isTrue();
    assertThat(third.getStored()).isFalse();
    assertThat(third.getVersion()).isEqualTo(second.getVersion());
    assertThat(hostOf(third.getConfiguration().getValue())).isEqualTo("2");
    assertThat(hostOf(get("redis", "a").getConfiguration().getValue())).isEqualTo("2");
  }

  @Test
  void expectedVersionZeroMeansThatItMustNotExist() {
    SetResponse first =
        on(TestServer.first()).set(to("redis", "a", "1").setExpectedVersion(0).build());
    SetResponse second =
        on(TestServer.first()).set(to("redis", "a", "2").setExpectedVersion(0).build());
    SetResponse none =
        on(TestServer.first()).set(to("redis", "b", "2").setExpectedVersion(7).build());

    assertThat(first.getStored()).isTrue();
    assertThat(second.getStored()).isFalse();
    assertThat(none.getStored()).isFalse();
    assertThat(none.getVersion()).isZero();
    assertThat(none.hasConfiguration()).isFalse();
    assertThat(none.hasUpdateTime()).isFalse();
  }

  @Test
  void oneOfManyWhoExpectTheSameVersionWins() {
    long version = set("redis", "a", "0").getVersion();

    List<CompletableFuture<SetResponse>> racers =
        IntStream.range(0, 20)
            .mapToObj(
                i ->
                    CompletableFuture.supplyAsync(
                        () ->
                            on(i % 2 == 0 ? TestServer.first() : TestServer.second())
                                .set(
                                    to("redis", "a", "racer-" + i)
                                        .setExpectedVersion(version)
                                        .build())))
            .toList();

    List<SetResponse> winners =
        racers.stream().map(CompletableFuture::join).filter(SetResponse::getStored).toList();
    assertThat(winners).hasSize(1);
    assertThat(get("redis", "a").getConfiguration().getVersion())
        .isEqualTo(winners.get(0).getVersion());
  }

  @TestFactory
  Stream<DynamicTest> requestIdsOfSet() {
    return RequestIdKit.tests(
        ConfigGrpc.getSetMethod(),
        name -> to("redis", name, "1"),
        request -> request.setValue(Configs.value("2")),
        name -> get("redis", name).getConfiguration());
  }

  @TestFactory
  Stream<DynamicTest> requestIdsOfDelete() {
    return RequestIdKit.tests(
        ConfigGrpc.getDeleteMethod(),
        name -> {
          set("redis", name, "1");
          return DeleteRequest.newBuilder().setType("redis").setComponent(name);
        },
        request -> request.setActor("kim"),
        name -> get("redis", name).hasConfiguration());
  }

  @TestFactory
  Stream<DynamicTest> requestIdsOfRollback() {
    return RequestIdKit.tests(
        ConfigGrpc.getRollbackMethod(),
        name -> {
          long first = set("redis", name, "1").getVersion();
          set("redis", name, "2");
          return rollback("redis", name, first);
        },
        request -> request.setActor("kim"),
        name -> get("redis", name).getConfiguration());
  }

  @Test
  void requestIdOfAnotherCallIsRefused() {
    on(TestServer.first()).set(to("redis", "a", "1").setRequestId("r1").build());

    Refused refused =
        Refused.by(
            () ->
                on(TestServer.first())
                    .delete(
                        DeleteRequest.newBuilder()
                            .setType("redis")
                            .setComponent("a")
                            .setRequestId("r1")
                            .build()));

    assertThat(refused.reason()).isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void answersWithoutAChangeAreNotRemembered() {
    SetRequest request = to("redis", "a", "1").setExpectedVersion(0).setRequestId("r1").build();
    set("redis", "a", "0");
    assertThat(on(TestServer.first()).set(request).getStored()).isFalse();
    delete("redis", "a");

    assertThat(on(TestServer.first()).set(request).getStored()).isTrue();
  }

  @Test
  void deletedComponentIsGoneAndIsDeletedOnce() {
    long version = set("redis", "a", "1").getVersion();

    DeleteResponse deleted = delete("redis", "a");

    assertThat(deleted.getDeleted()).isTrue();
    assertThat(deleted.getVersion()).isGreaterThan(version);
    assertThat(get("redis", "a").getFound()).isFalse();
    assertThat(delete("redis", "a"))
        .isEqualTo(DeleteResponse.newBuilder().setDeleted(false).setVersion(0).build());
  }

  @Test
  void onlyTheExpectedVersionIsDeleted() {
    long version = set("redis", "a", "1").getVersion();
    DeleteRequest.Builder request = DeleteRequest.newBuilder().setType("redis").setComponent("a");

    DeleteResponse kept =
        on(TestServer.first()).delete(request.setExpectedVersion(version - 1).build());

    assertThat(kept.getDeleted()).isFalse();
    assertThat(kept.getVersion()).isEqualTo(version);
    assertThat(
            on(TestServer.first()).delete(request.setExpectedVersion(version).build()).getDeleted())
        .isTrue();
  }

  @Test
  void historyTellsTheVersionsNewestFirst() {
    long first = set("redis", "a", "1").getVersion();
    long second = set("redis", "a", "2").getVersion();
    long third = delete("redis", "a").getVersion();

    ListVersionsResponse history = history("redis", "a", 0, "");

    assertThat(history.getConfigurationsList())
        .extracting(Configuration::getVersion)
        .containsExactly(third, second, first);
    assertThat(history.getConfigurations(0).getDeletion()).isTrue();
    assertThat(history.getConfigurations(0).hasValue()).isFalse();
    assertThat(hostOf(history.getConfigurations(2).getValue())).isEqualTo("1");
    assertThat(history.getNextPageToken()).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> pagesOfVersions() {
    return PagingKit.tests(
        ConfigGrpc.getListVersionsMethod(),
        ListVersionsRequest.newBuilder().setType("redis").setComponent("a"),
        ListVersionsRequest.newBuilder().setType("redis").setComponent("b"),
        i -> set("redis", "a", "v" + i));
  }

  @Test
  void historyKeepsTheNewestHundredVersions() {
    for (int i = 0; i < 103; i++) {
      set("redis", "a", "v" + i);
    }

    ListVersionsResponse history = history("redis", "a", 100, "");

    assertThat(history.getConfigurationsCount()).isEqualTo(100);
    assertThat(history.getNextPageToken()).isEmpty();
    assertThat(hostOf(history.getConfigurations(99).getValue())).isEqualTo("v3");
  }

  @Test
  void pageOfHistoryEndsAfterAMebibyte() {
    for (int i = 0; i < 20; i++) {
      set("redis", "a", i + "x".repeat(65_000));
    }

    ListVersionsResponse page = history("redis", "a", 100, "");

    assertThat(page.getConfigurationsCount()).isEqualTo(17);
    assertThat(history("redis", "a", 100, page.getNextPageToken()).getConfigurationsCount())
        .isEqualTo(3);
  }

  @Test
  void rollbackBringsBackAnEarlierValueAsANewVersion() {
    long first = set("redis", "a", "1").getVersion();
    long second = set("redis", "a", "2").getVersion();

    RollbackResponse restored =
        on(TestServer.first()).rollback(rollback("redis", "a", first).setActor("kim").build());

    assertThat(restored.getStored()).isTrue();
    assertThat(restored.getVersion()).isGreaterThan(second);
    assertThat(hostOf(get("redis", "a").getConfiguration().getValue())).isEqualTo("1");
    assertThat(history("redis", "a", 0, "").getConfigurations(0).getActor()).isEqualTo("kim");
  }

  @Test
  void rollbackBringsBackADeletedComponent() {
    long first = set("redis", "a", "1").getVersion();
    delete("redis", "a");
    assertThat(TestRedis.commands().pttl(KEY + "history:a")).isPositive();

    on(TestServer.first()).rollback(rollback("redis", "a", first).setExpectedVersion(0).build());

    assertThat(get("redis", "a").getFound()).isTrue();
    assertThat(TestRedis.commands().pttl(KEY + "history:a")).isEqualTo(-1);
  }

  @Test
  void rollbackOfAnotherVersionThanExpectedIsNotMade() {
    long first = set("redis", "a", "1").getVersion();
    set("redis", "a", "2");

    RollbackResponse kept =
        on(TestServer.first())
            .rollback(rollback("redis", "a", first).setExpectedVersion(first).build());

    assertThat(kept.getStored()).isFalse();
    assertThat(hostOf(kept.getConfiguration().getValue())).isEqualTo("2");
  }

  @Test
  void versionThatIsNotKeptCannotBeRestored() {
    long version = set("redis", "a", "1").getVersion();
    long deletion = delete("redis", "a").getVersion();

    for (long wanted : new long[] {version + 1, deletion, Long.MAX_VALUE}) {
      Refused refused =
          Refused.by(() -> on(TestServer.first()).rollback(rollback("redis", "a", wanted).build()));
      assertThat(refused.reason()).isEqualTo("CONFIG_VERSION_UNKNOWN");
      assertThat(refused.code()).isEqualTo(Code.NOT_FOUND);
    }
  }

  @Test
  void componentsAreListedInOrderByPrefix() {
    for (String name : List.of("b/2", "a", "b/1", "c", "b/3")) {
      set("redis", name, name);
    }

    ListResponse listed =
        on(TestServer.second())
            .list(ListRequest.newBuilder().setType("redis").setPrefix("b/").build());

    assertThat(listed.getConfigurationsList())
        .extracting(Configuration::getComponent)
        .containsExactly("b/1", "b/2", "b/3");
    assertThat(hostOf(listed.getConfigurations(0).getValue())).isEqualTo("b/1");
    assertThat(listed.getRevision()).isEqualTo(get("redis", "b/3").getConfiguration().getVersion());
  }

  @Test
  void typeNobodyUsedHasNoComponents() {
    ListResponse listed =
        on(TestServer.first()).list(ListRequest.newBuilder().setType("none").build());

    assertThat(listed.getConfigurationsList()).isEmpty();
    assertThat(listed.getRevision()).isZero();
    assertThat(listed.hasAsOf()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> pagesOfComponents() {
    return PagingKit.tests(
        ConfigGrpc.getListMethod(),
        ListRequest.newBuilder().setType("redis"),
        ListRequest.newBuilder().setType("other"),
        i -> set("redis", "c" + i, "1"));
  }

  @Test
  void typeHoldsAMebibyteAndNoMore() {
    for (int i = 0; i < 16; i++) {
      set("redis", "c" + i, "x".repeat(65_000));
    }

    Refused oneMore = Refused.by(() -> set("redis", "more", "x".repeat(10_000)));
    Refused growth =
        Refused.by(
            () -> {
              for (int i = 0; i < 16; i++) {
                set("redis", "c" + i, "x".repeat(65_500));
              }
            });

    assertThat(oneMore.reason()).isEqualTo("CONFIG_TYPE_FULL");
    assertThat(oneMore.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(growth.reason()).isEqualTo("CONFIG_TYPE_FULL");
    assertThat(get("redis", "more").getFound()).isFalse();
    delete("redis", "c0");
    assertThat(set("redis", "more", "x".repeat(10_000)).getStored()).isTrue();
  }

  @Test
  void typeHoldsAThousandComponentsAndNoMore() {
    for (int i = 0; i < 998; i++) {
      TestRedis.commands().zadd(KEY + "names", 0, "c" + i);
    }
    set("redis", "a", "1");
    set("redis", "b", "1");

    assertThat(Refused.by(() -> set("redis", "more", "1")).reason()).isEqualTo("CONFIG_TYPE_FULL");
    assertThat(set("redis", "a", "2").getStored()).isTrue();
    delete("redis", "a");
    assertThat(set("redis", "more", "1").getStored()).isTrue();
  }

  @Test
  void valuesThatOthersCouldNotReadAreRefusedWithTheirField() {
    Value nan = Value.newBuilder().setNumberValue(Double.NaN).build();
    Value deep = text("leaf");
    for (int i = 0; i < 17; i++) {
      deep = Value.newBuilder().setStructValue(Struct.newBuilder().putFields("d", deep)).build();
    }

    assertThat(refusedFields(Struct.newBuilder().putFields("a", nan).build()))
        .containsExactly("value.a");
    assertThat(
            refusedFields(Struct.newBuilder().putFields("a", Value.getDefaultInstance()).build()))
        .containsExactly("value.a");
    Value list =
        Value.newBuilder()
            .setListValue(ListValue.newBuilder().addValues(text("fine")).addValues(nan))
            .build();
    assertThat(refusedFields(Struct.newBuilder().putFields("a", list).build()))
        .containsExactly("value.a[1]");
    assertThat(refusedFields(deep.getStructValue())).containsExactly("value");
    assertThat(refusedFields(Configs.value("x".repeat(65_536)))).containsExactly("value");
    assertThat(get("redis", "a").getFound()).isFalse();
  }

  @Test
  void numbersThatWereRoundedOnTheirWayAreRefused() {
    for (double number : new double[] {9_007_199_254_740_993.0, -0x1p53, 1e300}) {
      Value value = Value.newBuilder().setNumberValue(number).build();
      assertThat(refusedFields(Struct.newBuilder().putFields("id", value).build()))
          .containsExactly("value.id");
    }
    Value largest = Value.newBuilder().setNumberValue(9_007_199_254_740_991.0).build();
    on(TestServer.first())
        .set(to("redis", "a", "").setValue(Struct.newBuilder().putFields("id", largest)).build());
    assertThat(get("redis", "a").getConfiguration().getValue().getFieldsOrThrow("id"))
        .isEqualTo(largest);
  }

  @Test
  void namesAreOpaque() {
    for (String name : List.of("a:{b}/c d", "", "ä鍵🔑", "-", "%", "a b\\n")) {
      if (!name.isEmpty()) {
        set(name, name, name);
        assertThat(hostOf(get(name, name).getConfiguration().getValue())).isEqualTo(name);
        assertThat(history(name, name, 0, "").getConfigurationsCount()).isEqualTo(1);
      }
    }
  }

  @Test
  void keysOfATypeExpireOnceItIsEmpty() {
    set("redis", "a", "1");
    set("redis", "b", "1");
    delete("redis", "a");
    assertThat(TestRedis.commands().pttl(KEY + "values")).isEqualTo(-1);

    delete("redis", "b");

    for (String part : List.of("values", "log", "history:a", "history:b")) {
      assertThat(TestRedis.commands().pttl(KEY + part)).as(part).isPositive();
    }
    assertThat(TestRedis.commands().exists(KEY + "names")).isZero();
    set("redis", "b", "2");
    assertThat(TestRedis.commands().pttl(KEY + "values")).isEqualTo(-1);
    assertThat(TestRedis.commands().pttl(KEY + "log")).isEqualTo(-1);
    assertThat(TestRedis.commands().pttl(KEY + "history:b")).isEqualTo(-1);
  }

  @Test
  void answerThatMayBeOldIsNotOlderThanThat() {
    set("redis", "a", "1");
    GetRequest old =
        GetRequest.newBuilder()
            .setType("redis")
            .setComponent("a")
            .setMaxStaleness(Durations.fromSeconds(3_600))
            .build();
    GetRequest fresh = old.toBuilder().clearMaxStaleness().build();
    GetResponse first = on(TestServer.first()).get(old);
    set("redis", "a", "2");

    // Nobody watches, so the copy stays as it is until it is too old.
    GetResponse copied = on(TestServer.first()).get(old);
    GetResponse asked = on(TestServer.first()).get(fresh);

    assertThat(copied).isEqualTo(first);
    assertThat(hostOf(asked.getConfiguration().getValue())).isEqualTo("2");
    assertThat(Timestamps.compare(asked.getAsOf(), copied.getAsOf())).isPositive();
    GetRequest almostFresh = old.toBuilder().setMaxStaleness(Durations.fromNanos(1)).build();
    assertThat(hostOf(on(TestServer.first()).get(almostFresh).getConfiguration().getValue()))
        .isEqualTo("2");
  }

  private static List<String> refusedFields(Struct value) {
    return Refused.by(
            () -> on(TestServer.first()).set(to("redis", "a", "").setValue(value).build()))
        .fields();
  }

  private static RollbackRequest.Builder rollback(String type, String component, long version) {
    return RollbackRequest.newBuilder().setType(type).setComponent(component).setVersion(version);
  }

  private static ListVersionsResponse history(
      String type, String component, int pageSize, String pageToken) {
    return on(TestServer.second())
        .listVersions(
            ListVersionsRequest.newBuilder()
                .setType(type)
                .setComponent(component)
                .setPageSize(pageSize)
                .setPageToken(pageToken)
                .build());
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }
}
