// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class NameIndexTest {
  private final TestConnection connection = TestConnection.open();
  private final Redis redis = connection.redis();
  private final RequestContext scope =
      new RequestContext("n" + UUID.randomUUID(), null, Seal.random());
  private final Keyspace keyspace = new Keyspace("quoin", "test");
  private final NameIndex index =
      new NameIndex(
          new Scripts(redis, OpenTelemetry.noop().getMeter("test")), keyspace, Duration.ofHours(1));

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @Test
  void namesAreListedInByteOrderPageByPage() throws Exception {
    List<String> names = List.of("a", "b/1", "b/2", "b/{3}:", "bé", "c");
    for (String name : names.subList(3, 6)) {
      record(name);
    }
    for (String name : names.subList(0, 3)) {
      record(name);
    }

    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      NameIndex.Page page = get(index.list(scope, "b", 2, token));
      assertThat(page.names()).hasSizeLessThanOrEqualTo(2);
      listed.addAll(page.names());
      token = page.nextPageToken();
    } while (!token.isEmpty());

    assertThat(listed).isEqualTo(names.subList(1, 5));
  }

  @Test
  void pageTokenOfAnotherListIsRefused() throws Exception {
    record("a1");
    record("a2");
    String token = get(index.list(scope, "a", 1, "")).nextPageToken();

    assertThatThrownBy(() -> index.list(scope, "b", 1, token))
        .isInstanceOf(InvalidRequest.class)
        .hasMessageContaining("page_token");
    assertThatThrownBy(() -> index.list(scope, "a", 1, "!")).isInstanceOf(InvalidRequest.class);
  }

  @Test
  void nameNotUsedForLongIsForgotten() throws Exception {
    record("old");
    record("new");
    NameIndexKeys keys = NameIndexKeys.of(keyspace, scope.namespace(), "");
    TestRedis.commands().zadd(keys.seen(), 1, "old");

    assertThat(get(index.list(scope, "", 10, "")).names()).containsExactly("new");
    assertThat(TestRedis.commands().pttl(keys.order())).isPositive();
    assertThat(TestRedis.commands().pttl(keys.seen())).isPositive();
  }

  @Test
  void forgottenNameIsListedAgainOnceItIsUsedAgain() throws Exception {
    record("one");
    get(index.forget(scope, "one"));
    assertThat(get(index.list(scope, "", 10, "")).names()).isEmpty();

    record("one");

    assertThat(get(index.list(scope, "", 10, "")).names()).containsExactly("one");
  }

  @Test
  void nameStaysListedAsLongAsPromisedAfterAUseThatWasNotNoted() throws Exception {
    record("one");

    long keptMillis =
        TestRedis.commands().pttl(NameIndexKeys.of(keyspace, scope.namespace(), "").order());

    // The name is recorded again only every quarter of an hour.
    assertThat(keptMillis).isGreaterThan(Duration.ofMinutes(60 + 15).toMillis());
  }

  @Test
  void thingWhoseChangeFailedIsNotListed() throws Exception {
    CompletableFuture<Integer> change = new CompletableFuture<>();
    CompletionStage<Integer> recorded = index.record(scope, "ghost", change);

    change.completeExceptionally(new IllegalStateException("for the test"));

    assertThat(recorded.toCompletableFuture()).isCompletedExceptionally();
    assertThat(get(index.list(scope, "", 10, "")).names()).isEmpty();
  }

  @Test
  void changeOfANotedThingCostsNoFurtherStep() throws Exception {
    record("one");
    CompletableFuture<Integer> change = new CompletableFuture<>();

    assertThat(index.record(scope, "one", change)).isSameAs(change);
  }

  private void record(String name) throws Exception {
    get(index.record(scope, name, CompletableFuture.completedFuture(1)));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
