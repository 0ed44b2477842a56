// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.opentelemetry.api.OpenTelemetry;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class ActiveNamesTest {
  private final TestConnection connection = TestConnection.open();
  private final Redis redis = connection.redis();
  private final RequestContext scope = new RequestContext("n" + UUID.randomUUID(), null);
  private final Keyspace keyspace = new Keyspace("quoin", "test");
  private final NameIndexKeys keys = NameIndexKeys.of(keyspace, scope.namespace(), "");
  private final ActiveNames names = names();
  private final ActiveNames others = names();

  private ActiveNames names() {
    Scripts scripts = new Scripts(redis, OpenTelemetry.noop().getMeter("test"));
    return new ActiveNames(scripts, keyspace, redis.timer());
  }

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @Test
  void ownUseIsListedAtOnceAndByOthersSoon() throws Exception {
    names.record(scope, "b", "1", 10_000);
    names.record(scope, "a", "2", 10_000);
    names.record(scope, "a", "3", 20_000);
    assertThat(listed(names)).containsExactly("a", "b");

    others.record(scope, "c", "4", 10_000);
    Eventually.until("the name is recorded", () -> listed(names).equals(List.of("a", "b", "c")));
  }

  @Test
  void shortUseIsNotNoted() throws Exception {
    names.record(scope, "short", "1", 10_000);
    names.record(scope, "long", "2", 10_000);
    names.ended("1", true);

    assertThat(listed(names)).containsExactly("long");
  }

  @Test
  void oneOfTwoUsesEnds() throws Exception {
    names.record(scope, "a", "1", 10_000);
    names.record(scope, "a", "2", 10_000);
    names.ended("1", true);

    assertThat(listed(names)).containsExactly("a");
  }

  @Test
  void namesExpireWithTheLongestUse() throws Exception {
    names.record(scope, "a", "1", 1_000_000);
    names.record(scope, "b", "2", 1_000);
    listed(names);
    assertThat(TestRedis.commands().pttl(keys.seen())).isBetween(1_000_000L, 1_200_000L);
    assertThat(TestRedis.commands().pttl(keys.order())).isBetween(1_000_000L, 1_200_000L);

    names.record(scope, "b", "3", 2_000);
    listed(names);
    assertThat(TestRedis.commands().pttl(keys.seen())).isBetween(900_000L, 1_200_000L);
  }

  @Test
  void longerUseOfANotedNameIsNoted() throws Exception {
    names.record(scope, "a", "1", 1_000);
    listed(names);
    double before = TestRedis.commands().zscore(keys.seen(), "a");
    names.record(scope, "a", "2", 1_000);
    listed(names);
    assertThat(TestRedis.commands().zscore(keys.seen(), "a")).isEqualTo(before);

    names.record(scope, "a", "3", 1_000_000);
    listed(names);

    assertThat(TestRedis.commands().zscore(keys.seen(), "a")).isGreaterThan(before + 900_000);
  }

  @Test
  void keptNameStaysUntilItIsForgotten() throws Exception {
    names.record(scope, "used", "1", 1_000);
    get(names.keep(scope, "kept"));
    names.record(scope, "kept", "2", 1_000);
    assertThat(listed(names)).containsExactly("kept", "used");
    assertThat(TestRedis.commands().zscore(keys.seen(), "kept")).isInfinite();
    assertThat(TestRedis.commands().pttl(keys.seen())).isEqualTo(-1);

    get(names.forget(scope, "kept"));

    assertThat(listed(names)).containsExactly("used");
  }

  private List<String> listed(ActiveNames some) {
    try {
      return get(some.list(scope, "", 10, "")).names();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
