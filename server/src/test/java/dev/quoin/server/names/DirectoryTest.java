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
final class DirectoryTest {
  private final TestConnection connection = TestConnection.open();
  private final Redis redis = connection.redis();
  private final RequestContext scope =
      new RequestContext("n" + UUID.randomUUID(), null, Seal.random());
  private final Keyspace keyspace = new Keyspace("quoin", "test");
  private final Directory directory =
      new Directory(
          new Scripts(redis, OpenTelemetry.noop().getMeter("test")), keyspace, Duration.ofHours(1));

  @AfterEach
  void closeConnection() {
    connection.close();
  }

  @Test
  void namesAreListedInByteOrderPageByPage() throws Exception {
    List<String> names = List.of("a", "b/1", "b/2", "b/{3}:", "bé", "c");
    for (String name : names.subList(3, 6)) {
      note(name);
    }
    for (String name : names.subList(0, 3)) {
      note(name);
    }

    List<String> listed = new ArrayList<>();
    String token = "";
    do {
      Directory.Page page = get(directory.list(scope, "b", 2, token));
      assertThat(page.names()).hasSizeLessThanOrEqualTo(2);
      listed.addAll(page.names());
      token = page.nextPageToken();
    } while (!token.isEmpty());

    assertThat(listed).isEqualTo(names.subList(1, 5));
  }

  @Test
  void pageTokenOfAnotherListIsRefused() throws Exception {
    note("a1");
    note("a2");
    String token = get(directory.list(scope, "a", 1, "")).nextPageToken();

    assertThatThrownBy(() -> directory.list(scope, "b", 1, token))
        .isInstanceOf(InvalidRequest.class)
        .hasMessageContaining("page_token");
    assertThatThrownBy(() -> directory.list(scope, "a", 1, "!")).isInstanceOf(InvalidRequest.class);
  }

  @Test
  void nameNotUsedForLongIsForgotten() throws Exception {
    note("old");
    note("new");
    DirectoryKeys keys = DirectoryKeys.of(keyspace, scope.namespace(), "");
    TestRedis.commands().zadd(keys.seen(), 1, "old");

    assertThat(get(directory.list(scope, "", 10, "")).names()).containsExactly("new");
    assertThat(TestRedis.commands().pttl(keys.order())).isPositive();
    assertThat(TestRedis.commands().pttl(keys.seen())).isPositive();
  }

  @Test
  void forgottenNameIsListedAgainOnceItIsUsedAgain() throws Exception {
    note("one");
    get(directory.forget(scope, "one"));
    assertThat(get(directory.list(scope, "", 10, "")).names()).isEmpty();

    note("one");

    assertThat(get(directory.list(scope, "", 10, "")).names()).containsExactly("one");
  }

  @Test
  void nameStaysListedAsLongAsPromisedAfterAUseThatWasNotNoted() throws Exception {
    note("one");

    long keptMillis =
        TestRedis.commands().pttl(DirectoryKeys.of(keyspace, scope.namespace(), "").order());

    // The name is noted again only every quarter of an hour.
    assertThat(keptMillis).isGreaterThan(Duration.ofMinutes(60 + 15).toMillis());
  }

  @Test
  void thingWhoseChangeFailedIsNotListed() throws Exception {
    CompletableFuture<Integer> change = new CompletableFuture<>();
    CompletionStage<Integer> noted = directory.note(scope, "ghost", change);

    change.completeExceptionally(new IllegalStateException("for the test"));

    assertThat(noted.toCompletableFuture()).isCompletedExceptionally();
    assertThat(get(directory.list(scope, "", 10, "")).names()).isEmpty();
  }

  @Test
  void changeOfANotedThingCostsNoFurtherStep() throws Exception {
    note("one");
    CompletableFuture<Integer> change = new CompletableFuture<>();

    assertThat(directory.note(scope, "one", change)).isSameAs(change);
  }

  private void note(String name) throws Exception {
    get(directory.note(scope, name, CompletableFuture.completedFuture(1)));
  }

  private static <T> T get(CompletionStage<T> stage) throws Exception {
    return stage.toCompletableFuture().get(10, TimeUnit.SECONDS);
  }
}
