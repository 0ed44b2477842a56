// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static dev.quoin.server.config.Configs.delete;
import static dev.quoin.server.config.Configs.hostOf;
import static dev.quoin.server.config.Configs.set;
import static dev.quoin.server.config.Configs.watch;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.ListVersionsRequest;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.config.v1.WatchResponse.Snapshot;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import dev.quoin.streams.v1.Heartbeat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class WatchTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    Watching.cancelAll();
  }

  @Test
  void streamStartsWithAllComponentsInOrder() {
    set("w1", "b", "2");
    set("w1", "a", "1");

    Snapshot snapshot = snapshot(watch(TestServer.second(), "w1"));

    assertThat(snapshot.getConfigurationsList())
        .extracting(Configuration::getComponent)
        .containsExactly("a", "b");
    assertThat(snapshot.getRevision()).isEqualTo(snapshot.getConfigurations(0).getVersion());
    assertThat(snapshot.hasAsOf()).isTrue();
  }

  @Test
  void changesFollowInOrderAndComponentsMadeLaterAreAmongThem() {
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.second(), "w2");
    assertThat(snapshot(watching).getConfigurationsList()).isEmpty();

    long first = set("w2", "a", "1").getVersion();
    long second = set("w2", "b", "1").getVersion();
    long third = delete("w2", "a").getVersion();

    Seen seen = new Seen();
    seen.until(watching, third);
    assertThat(seen.versions).isSorted().doesNotHaveDuplicates().contains(second, third);
    assertThat(first).isLessThan(second);
    assertThat(seen.values).containsOnlyKeys("b");
    assertThat(seen.snapshots).isZero();
  }

  @Test
  void equalValueIsNoChange() {
    set("w3", "a", "1");
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.second(), "w3");
    snapshot(watching);

    set("w3", "a", "1");
    long version = set("w3", "a", "2").getVersion();

    Seen seen = new Seen();
    seen.until(watching, version);
    assertThat(seen.versions).containsExactly(version);
  }

  @Test
  void onlyTheComponentThatIsAskedForIsTold() {
    set("w4", "a", "1");
    set("w4", "b", "1");
    Watching<WatchRequest, WatchResponse> watching =
        watch(TestServer.second(), WatchRequest.newBuilder().setType("w4").setComponent("b"));
    assertThat(snapshot(watching).getConfigurationsList())
        .extracting(Configuration::getComponent)
        .containsExactly("b");

    set("w4", "a", "2");
    long version = set("w4", "b", "2").getVersion();

    Seen seen = new Seen();
    seen.until(watching, version);
    assertThat(seen.versions).containsExactly(version);
  }

  @Test
  void streamGoesOnFromARevisionOnAnyServer() {
    set("w5", "a", "1");
    long known = set("w5", "b", "1").getVersion();
    set("w5", "a", "2");
    delete("w5", "b");
    long last = set("w5", "c", "1").getVersion();

    for (TestServer server : List.of(TestServer.first(), TestServer.second())) {
      WatchResponse.Changes changes = resume(server, "w5", known).getChanges();
      assertThat(changes.getConfigurationsList())
          .extracting(Configuration::getComponent)
          .containsExactly("a", "b", "c");
      assertThat(changes.getConfigurations(1).getDeletion()).isTrue();
      assertThat(changes.getRevision()).isEqualTo(last);
    }
  }

  @Test
  void deletionIsToldAsTheHistoryHasIt() {
    long known = set("w16", "a", "1").getVersion();
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.second(), "w16");
    snapshot(watching);

    Configs.on(TestServer.first())
        .delete(
            DeleteRequest.newBuilder()
                .setType("w16")
                .setComponent("a")
                .setActor("kim of ops")
                .build());

    Configuration deletion =
        Configs.on(TestServer.first())
            .listVersions(ListVersionsRequest.newBuilder().setType("w16").setComponent("a").build())
            .getConfigurations(0);
    assertThat(deletion.getActor()).isEqualTo("kim of ops");
    assertThat(watching.next(WatchResponse::hasChanges).getChanges().getConfigurationsList())
        .containsExactly(deletion);
    for (TestServer server : List.of(TestServer.first(), TestServer.second())) {
      assertThat(resume(server, "w16", known).getChanges().getConfigurationsList())
          .containsExactly(deletion);
    }
  }

  @Test
  void streamGoesOnFromTheTimeBeforeTheFirstChange() {
    long revision = snapshot(watch(TestServer.first(), "w6")).getRevision();
    set("w6", "a", "1");

    assertThat(revision).isZero();
    assertThat(resume(TestServer.second(), "w6", 0).getChanges().getConfigurationsList())
        .extracting(Configuration::getComponent)
        .containsExactly("a");
  }

  @Test
  void whoHasEverythingIsToldSoAtOnce() {
    long revision = set("w7", "a", "1").getVersion();

    WatchResponse first = resume(TestServer.second(), "w7", revision);

    assertThat(first.getHeartbeat().getRevision()).isEqualTo(revision);
    assertThat(first.getHeartbeat().getStale()).isFalse();
  }

  @Test
  void revisionThatIsTooOldOrUnknownIsAnsweredWithASnapshot() {
    long old = set("w8", "a", "1").getVersion();
    for (int i = 0; i < 1_000; i++) {
      set("w8", "b", "v" + i);
    }
    long last = set("w8", "c", "1").getVersion();

    for (long revision : new long[] {0, old, last - 1, last + 1_000, Long.MAX_VALUE}) {
      WatchResponse first = resume(TestServer.second(), "w8", revision);
      assertThat(first.getSnapshot().getConfigurationsCount()).as("from " + revision).isEqualTo(3);
      assertThat(first.getSnapshot().getRevision()).isEqualTo(last);
    }
    assertThat(TestRedis.commands().zcard("quoin:default:config:{w8}:log")).isEqualTo(1_000);
  }

  @Test
  void revisionsThatRedisLostAreNotGoneOnFrom() {
    set("w9", "a", "1");
    long lost = set("w9", "a", "2").getVersion();
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.second(), "w9");
    Seen seen = new Seen();
    seen.until(watching, lost);

    // As after a fail-over to a replica that had not got anything.
    TestRedis.clear();
    long version = set("w9", "b", "1").getVersion();
    seen.until(watching, version);

    // Whoever looks between the two sees that all is gone first.
    assertThat(seen.values).containsOnlyKeys("b");
    assertThat(version).isGreaterThan(lost);
    assertThat(resume(TestServer.first(), "w9", lost).hasSnapshot()).isTrue();
  }

  @Test
  void heartbeatsSayHowFarTheReaderIs() {
    long revision = set("w10", "a", "1").getVersion();
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.first(), "w10");
    Snapshot snapshot = snapshot(watching);

    Heartbeat beat = watching.next(WatchResponse::hasHeartbeat).getHeartbeat();

    assertThat(beat.getRevision()).isEqualTo(revision);
    assertThat(beat.getStale()).isFalse();
    assertThat(Timestamps.compare(beat.getAsOf(), snapshot.getAsOf())).isPositive();
  }

  @Test
  void slowReaderGetsTheNewestOfEachComponent() {
    Watching<WatchRequest, WatchResponse> slow = new Watching<>(true);
    set("w11", "a", "start");
    Configs.streamsOn(TestServer.second())
        .watch(WatchRequest.newBuilder().setType("w11").build(), slow);
    Watching<WatchRequest, WatchResponse> fast = watch(TestServer.second(), "w11");

    long last = 0;
    String filling = "x".repeat(60_000);
    for (int i = 0; i < 60; i++) {
      last = set("w11", "c" + i % 3, i + filling).getVersion();
    }
    Seen all = new Seen();
    all.until(fast, last);
    slow.read(1_000);

    Seen seen = new Seen();
    seen.until(slow, last);
    assertThat(seen.values).isEqualTo(all.values);
    assertThat(seen.values).containsOnlyKeys("a", "c0", "c1", "c2");
    assertThat(seen.versions.size()).isLessThan(60);
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    return WatchKit.tests(
        ConfigGrpc.getWatchMethod(),
        name -> WatchRequest.newBuilder().setType(name),
        (name, n) -> set(name, "a", "change " + n),
        (message, n) -> message.toString().contains("change " + n));
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    Watching<WatchRequest, WatchResponse> watching = watch(TestServer.first(), "w14");
    snapshot(watching);
    io.grpc.Metadata headers = new io.grpc.Metadata();
    headers.put(
        io.grpc.Metadata.Key.of("quoin-namespace", io.grpc.Metadata.ASCII_STRING_MARSHALLER),
        "other");
    Configs.on(TestServer.first())
        .withInterceptors(io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers))
        .set(Configs.to("w14", "a", "theirs").build());
    long version = set("w14", "a", "ours").getVersion();

    Seen seen = new Seen();
    seen.until(watching, version);
    assertThat(seen.versions).containsExactly(version);
  }

  @Test
  void drainingServerSaysWhereToGoOn() throws Exception {
    long revision = set("w15", "a", "1").getVersion();
    Watching<WatchRequest, WatchResponse> watching;
    try (TestServer draining = TestServer.onSharedRedis()) {
      watching = watch(draining, "w15");
      snapshot(watching);
      draining.server().close();
      assertThat(watching.next(WatchResponse::hasReconnect).getReconnect().getRevision())
          .isEqualTo(revision);
      watching.end().get(10, java.util.concurrent.TimeUnit.SECONDS);
    }
  }

  private static WatchResponse resume(TestServer server, String type, long revision) {
    return watch(server, WatchRequest.newBuilder().setType(type).setRevision(revision))
        .next(message -> true);
  }

  private static Snapshot snapshot(Watching<WatchRequest, WatchResponse> watching) {
    return watching.next(WatchResponse::hasSnapshot).getSnapshot();
  }

  /** What a watcher knows after all it has read. */
  private static final class Seen {
    int snapshots;
    final List<Long> versions = new ArrayList<>();
    final Map<String, String> values = new HashMap<>();

    void until(Watching<WatchRequest, WatchResponse> watching, long revision) {
      watching.next(message -> take(message) >= revision);
    }

    private long take(WatchResponse message) {
      if (message.hasSnapshot()) {
        snapshots++;
        values.clear();
        message.getSnapshot().getConfigurationsList().forEach(this::put);
        return message.getSnapshot().getRevision();
      }
      for (Configuration changed : message.getChanges().getConfigurationsList()) {
        versions.add(changed.getVersion());
        if (changed.getDeletion()) {
          values.remove(changed.getComponent());
        } else {
          put(changed);
        }
      }
      return message.getChanges().getRevision();
    }

    private void put(Configuration configuration) {
      String host = hostOf(configuration.getValue());
      values.put(configuration.getComponent(), host.substring(0, Math.min(10, host.length())));
    }
  }
}
