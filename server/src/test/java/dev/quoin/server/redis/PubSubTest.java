// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class PubSubTest {
  private static final String CHANNEL = "quoin:test:{late}:hints";

  @Test
  void channelsOfManySlotsAreHeardAgainAfterTheConnectionsBroke() throws Exception {
    List<String> names =
        IntStream.range(0, 40).mapToObj(i -> "quoin:test:{" + i + "}:hints").toList();
    Set<String> resubscribed = ConcurrentHashMap.newKeySet();
    Set<String> heard = ConcurrentHashMap.newKeySet();
    try (TestConnection connection = TestConnection.open()) {
      for (String name : names) {
        connection
            .redis()
            .pubSub()
            .subscribe(
                name,
                new PubSub.Listener() {
                  @Override
                  public void hint(String payload) {
                    heard.add(name);
                  }

                  @Override
                  public void resubscribed() {
                    resubscribed.add(name);
                  }
                })
            .toCompletableFuture()
            .get(10, TimeUnit.SECONDS);
      }

      TestRedis.breakSubscriptions();

      Eventually.until("listeners are told", () -> resubscribed.size() == names.size());
      for (String name : names) {
        Eventually.until(
            "a hint is heard on " + name,
            () -> {
              TestRedis.commands().spublish(name, "hint");
              return heard.contains(name);
            });
      }
      assertThat(heard).containsAll(names);
    }
  }

  @Test
  void subscriptionOnAConnectionThatBreaksIsMadeOnTheNext() {
    try (TestConnection connection = TestConnection.open()) {
      for (int i = 0; i < 20; i++) {
        TestRedis.breakSubscriptions();
        assertThat(connection.redis().pubSub().subscribe(CHANNEL + i, new Unconcerned()))
            .succeedsWithin(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void subscriptionMadeAfterItWasGivenUpIsEnded() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestConnection connection =
            TestConnection.open(
                redis.uri(),
                new RedisOptions(Duration.ofMillis(300), true, "quoin", 1000, 1 << 20))) {
      redis.freeze();
      CompletableFuture<Void> subscribed =
          connection.redis().pubSub().subscribe(CHANNEL, new Unheard()).toCompletableFuture();
      assertThatThrownBy(() -> subscribed.get(60, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ApiException.class);
      redis.unfreeze();

      Eventually.until(
          "Redis has seen the subscription",
          () -> redis.commands().info("commandstats").contains("cmdstat_ssubscribe:calls=1,"));
      Eventually.until(
          "nobody is subscribed", () -> redis.commands().pubsubShardChannels().isEmpty());
    }
  }

  private static final class Unconcerned implements PubSub.Listener {
    @Override
    public void hint(String payload) {}

    @Override
    public void resubscribed() {}
  }

  private static final class Unheard implements PubSub.Listener {
    @Override
    public void hint(String payload) {
      throw new AssertionError("nobody listens any more");
    }

    @Override
    public void resubscribed() {
      throw new AssertionError("nobody listens any more");
    }
  }
}
