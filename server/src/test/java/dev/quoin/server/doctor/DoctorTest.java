// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.settings.SettingsReader;
import dev.quoin.server.testing.RedisProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What the doctor says of a Redis that is wrong in one way. */
@Tag("redis")
final class DoctorTest {
  private static final String[] HEALTHY = {
    "--appendonly", "yes", "--maxmemory", "1gb", "--maxmemory-policy", "noeviction"
  };

  private record Report(boolean isWell, String text) {}

  private static Report look(String... settings) {
    Map<String, String> flags = new HashMap<>();
    for (int i = 0; i < settings.length; i += 2) {
      flags.put(settings[i], settings[i + 1]);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean isWell =
        Doctor.look(
            SettingsReader.read(null, Map.of(), flags),
            new PrintStream(bytes, true, StandardCharsets.UTF_8));
    return new Report(isWell, bytes.toString(StandardCharsets.UTF_8));
  }

  private static Report lookAt(RedisProcess redis) {
    return look("redis", "redis://127.0.0.1:" + redis.port());
  }

  private static String[] healthyBut(String... changes) {
    String[] all = java.util.Arrays.copyOf(HEALTHY, HEALTHY.length + changes.length);
    System.arraycopy(changes, 0, all, HEALTHY.length, changes.length);
    return all;
  }

  private static void assertWrong(Report report, String about, String text) {
    assertThat(report.text()).contains("WRONG  " + about + ": ").contains(text);
    assertThat(report.isWell()).isFalse();
  }

  @Test
  void aRedisAsQuoinWantsItIsWell() {
    try (RedisProcess redis = RedisProcess.start(HEALTHY)) {
      Report report = lookAt(redis);

      assertThat(report.text()).doesNotContain("WRONG").contains("wrong: 0");
      assertThat(report.text()).contains("note   replication: it has no replica");
      assertThat(report.isWell()).isTrue();
      // It has left nothing behind.
      assertThat(redis.commands().dbsize()).isZero();
    }
  }

  @Test
  void withoutAppendOnlyFileAcknowledgedWritesAreLost() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no")) {
      assertWrong(lookAt(redis), "persistence", "set appendonly yes");
      Report accepted =
          look("redis", "redis://127.0.0.1:" + redis.port(), "allow-volatile-redis", "true");
      assertThat(accepted.isWell()).isTrue();
      assertThat(accepted.text()).contains("note   persistence").contains("note   memory");
    }
  }

  @Test
  void writesThatAreNeverSyncedAreWrong() {
    try (RedisProcess redis = RedisProcess.start(healthyBut("--appendfsync", "no"))) {
      assertWrong(lookAt(redis), "persistence", "appendfsync is no");
    }
  }

  @Test
  void evictionIsWrongAndSoIsWhatWasEvicted() {
    try (RedisProcess redis = RedisProcess.start(healthyBut("--maxmemory-policy", "allkeys-lru"))) {
      assertWrong(lookAt(redis), "eviction", "maxmemory-policy is allkeys-lru");
      redis.commands().configSet("maxmemory", "3mb");
      for (int i = 0; i < 200; i++) {
        redis.commands().set("quoin:x" + i, "x".repeat(20_000));
      }
      assertThat(lookAt(redis).text()).contains("keys were evicted since it started");
    }
  }

  @Test
  void memoryThatIsNearlyUsedUpIsWrong() {
    try (RedisProcess redis = RedisProcess.start(HEALTHY)) {
      redis.commands().set("quoin:large", "x".repeat(20_000_000));
      redis.commands().configSet("maxmemory", "24mb");
      assertWrong(lookAt(redis), "memory", "% of maxmemory are used");
    }
  }

  @Test
  void aReplicaRefusesWritesAndOneWithoutPrimaryFallsBehind() {
    try (RedisProcess redis = RedisProcess.start(healthyBut("--replicaof", "127.0.0.1 1"))) {
      Report report = lookAt(redis);
      assertWrong(report, "replication", "this is a replica");
      assertThat(report.text()).contains("the link to its primary is down");
    }
  }

  @Test
  void aClusterWithoutSlotsServesNothing() {
    try (RedisProcess redis = RedisProcess.start(healthyBut("--cluster-enabled", "yes"))) {
      Report report = look("redis", "redis-cluster://127.0.0.1:" + redis.port());
      assertWrong(report, "slots", "cluster_state is fail");
      assertThat(report.text()).contains("16384 of 16384 slots belong to no node");
      assertWrong(lookAt(redis), "settings", "write redis-cluster:// in the setting redis");
    }
  }

  @Test
  void bigKeysOfASampleAreNamed() {
    try (RedisProcess redis = RedisProcess.start(healthyBut("--proto-max-bulk-len", "512mb"))) {
      redis.commands().set("quoin:default:chat:{a}:log", "x".repeat(12 << 20));
      redis.commands().set("other:key", "x".repeat(12 << 20));

      Report report = lookAt(redis);
      assertThat(report.text())
          .contains("note   big keys: the key quoin:default:chat:{a}:log has 12 MiB")
          .doesNotContain("other:key");
      assertThat(report.isWell()).isTrue();
    }
  }

  @Test
  void rightsThatAreMissingAreNamed() {
    try (RedisProcess redis = RedisProcess.start(HEALTHY)) {
      redis
          .commands()
          .dispatch(
              io.lettuce.core.protocol.CommandType.ACL,
              new io.lettuce.core.output.StatusOutput<>(io.lettuce.core.codec.StringCodec.UTF8),
              new io.lettuce.core.protocol.CommandArgs<>(io.lettuce.core.codec.StringCodec.UTF8)
                  .add("SETUSER")
                  .add("quoin")
                  .add("on")
                  .add(">secret")
                  .add("~quoin:*")
                  .add("&quoin:*")
                  .add("+@all")
                  .add("-spublish"));
      Report report = look("redis", "redis://quoin:secret@127.0.0.1:" + redis.port());
      assertWrong(report, "rights", "SPUBLISH");
      assertThat(report.text()).doesNotContain("secret");
    }
  }

  @Test
  void aRedisThatIsNotThereIsSaid() {
    Report report = look("redis", "redis://127.0.0.1:1");
    assertWrong(report, "reach", "it cannot be asked");
  }

  @Test
  void settingsAreLookedAt() {
    assertWrong(look("drain-timeout", "0s"), "drain-timeout", "calls are cut off");
    assertThat(look("insecure", "true", "host", "0.0.0.0").text())
        .contains("note   access: insecure lets whoever reaches the port")
        .contains("note   redis: the embedded Redis");
    assertThat(look().isWell()).isTrue();
  }

  @Test
  void clocksOfNodesMustAgree() {
    assertThat(Doctor.clocks(Map.of("a:1", 10L, "b:2", 300L))).isEmpty();
    assertThat(Doctor.clocks(Map.of("a:1", -400L, "b:2", 300L)))
        .hasValueSatisfying(
            finding ->
                assertThat(finding.text())
                    .isEqualTo("the clock of b:2 is 700 ms ahead of that of a:1"));
    assertThat(Doctor.clocks(Map.of())).isEmpty();
  }
}
