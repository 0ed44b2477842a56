// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.AclCategory;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class StartupCheckTest {
  private static final RedisAddress SERVER = RedisAddress.parse("redis://localhost:6379");
  private static final RedisAddress CLUSTER = RedisAddress.parse("redis-cluster://a:1,b:2");

  @Test
  void goodRedisIsAccepted() {
    assertThat(problem(SERVER, false)).isEmpty();
    assertThat(problem(CLUSTER, false, "cluster_enabled", "1")).isEmpty();
  }

  @Test
  void oldRedisIsRefused() {
    assertThat(problem(SERVER, false, "redis_version", "6.2.14").orElseThrow())
        .contains("6.2.14", "7.0", "upgrade");
  }

  @Test
  void wrongModeIsRefusedWithTheRightUri() {
    assertThat(problem(SERVER, false, "cluster_enabled", "1").orElseThrow())
        .contains("redis-cluster://");
    assertThat(problem(CLUSTER, false).orElseThrow()).contains("write redis://");
  }

  @Test
  void evictionIsRefused() {
    assertThat(
            problem(SERVER, false, "maxmemory_policy", "allkeys-lru", "maxmemory", "100000000")
                .orElseThrow())
        .contains("allkeys-lru", "set maxmemory-policy noeviction");
    assertThat(problem(SERVER, false, "maxmemory_policy", "allkeys-lru", "maxmemory", "0"))
        .isEmpty();
  }

  @Test
  void forgetfulRedisIsRefusedUnlessAccepted() {
    assertThat(problem(SERVER, false, "aof_enabled", "0").orElseThrow())
        .contains("appendonly yes", "--allow-volatile-redis");
    assertThat(problem(SERVER, true, "aof_enabled", "0")).isEmpty();
  }

  @Test
  void redisThatRefusesScriptsStopsTheStart() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      redis
          .commands()
          .aclSetuser(
              "quoin",
              AclSetuserArgs.Builder.on()
                  .addPassword("secret")
                  .allKeys()
                  .allChannels()
                  .allCommands()
                  .removeCategory(AclCategory.SCRIPTING));
      String uri = "redis://quoin:secret@127.0.0.1:" + redis.port();

      assertThatThrownBy(() -> TestServer.start("redis", uri))
          .hasMessageContaining("+@scripting")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void missingRightStopsTheStartWithItsName() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      assertThat(refusal(redis, user().removeCommand(CommandType.SPUBLISH)))
          .contains("the commands SPUBLISH: give the user ~quoin:* &quoin:*");
      assertThat(
              refusal(
                  redis, user().addCommand(CommandType.SPUBLISH).removeCommand(CommandType.TIME)))
          .contains("the commands TIME: give the user");
      assertThat(refusal(redis, user().resetKeys().keyPattern("other:*")))
          .contains("NOPERM", "give the user ~quoin:*");
      assertThat(refusal(redis, user().allKeys().resetChannels().channelPattern("other:*")))
          .contains("the commands SPUBLISH, SSUBSCRIBE");
    }
  }

  private static AclSetuserArgs user() {
    return AclSetuserArgs.Builder.on().addPassword("s3cret").allKeys().allChannels().allCommands();
  }

  private static String refusal(RedisProcess redis, AclSetuserArgs user) {
    redis.commands().aclSetuser("quoin", user);
    String uri = "redis://quoin:s3cret@127.0.0.1:" + redis.port();
    Throwable failure = catchThrowable(() -> TestServer.start("redis", uri));
    assertThat(failure).hasMessageNotContaining("s3cret");
    return failure.getMessage();
  }

  @Test
  void everyCommandThatScriptsUseIsTriedAtTheStart() throws Exception {
    Path scripts = Path.of("src/main/resources/lua");
    String check = Files.readString(scripts.resolve("startup/check.lua"));
    Pattern call = Pattern.compile("call\\(\\s*'([A-Z]+)'");
    try (Stream<Path> files = Files.walk(scripts)) {
      for (Path file : files.filter(f -> f.toString().endsWith(".lua")).toList()) {
        call.matcher(Files.readString(file))
            .results()
            .forEach(
                used -> assertThat(check).as(file.toString()).contains("'" + used.group(1) + "'"));
      }
    }
  }

  @Test
  void wrongPasswordStopsTheStartAndIsNotShown() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      redis.commands().aclSetuser("quoin", AclSetuserArgs.Builder.on().addPassword("right"));
      assertThatThrownBy(
              () -> TestServer.start("redis", "redis://quoin:s3cret@127.0.0.1:" + redis.port()))
          .hasMessageContaining("WRONGPASS")
          .hasMessageNotContaining("s3cret");
    }
  }

  @Test
  void userOfRedisNeedsTheKeysAndChannelsOfThePrefixOnly() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      AclSetuserArgs user =
          AclSetuserArgs.Builder.on()
              .addPassword("secret")
              .keyPattern("mine:*")
              .channelPattern("mine:*")
              .addCommand(CommandType.INFO)
              .addCommand(CommandType.TIME);
      for (AclCategory category :
          List.of(
              AclCategory.READ,
              AclCategory.WRITE,
              AclCategory.CONNECTION,
              AclCategory.PUBSUB,
              AclCategory.SCRIPTING)) {
        user.addCategory(category);
      }
      redis.commands().aclSetuser("quoin", user);
      String uri = "redis://quoin:secret@127.0.0.1:" + redis.port();

      try (TestServer server = TestServer.start("redis", uri, "key-prefix", "mine")) {
        var wanted = AcquireRequest.newBuilder().setName("a").build();
        var held = server.locks().acquire(wanted);
        var waiting =
            server
                .futureLocks()
                .acquire(wanted.toBuilder().setWait(Durations.fromSeconds(60)).build());
        Eventually.until(
            "it waits",
            () ->
                server.locks().get(GetRequest.newBuilder().setName("a").build()).getWaiterCount()
                    == 1);
        server
            .locks()
            .release(ReleaseRequest.newBuilder().setName("a").setToken(held.getToken()).build());

        assertThat(waiting.get(10, TimeUnit.SECONDS).getAcquired()).isTrue();
        assertThat(redis.commands().aclLog()).isEmpty();
      }
    }
  }

  @Test
  void redisThatIsNotThereStopsTheStartWithItsAddress() {
    assertThatThrownBy(() -> TestServer.start("redis", "redis://127.0.0.1:1"))
        .hasMessageContaining("127.0.0.1:1")
        .hasMessageContaining("refused");
  }

  private static Optional<String> problem(
      RedisAddress address, boolean allowVolatile, String... overrides) {
    Map<String, String> info =
        new HashMap<>(
            Map.of(
                "redis_version", "7.0.15",
                "cluster_enabled", "0",
                "maxmemory", "0",
                "maxmemory_policy", "noeviction",
                "aof_enabled", "1"));
    for (int i = 0; i < overrides.length; i += 2) {
      info.put(overrides[i], overrides[i + 1]);
    }
    return StartupCheck.problem(info, address, allowVolatile);
  }
}
