// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestServer;
import io.netty.util.HashedWheelTimer;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The readers of feeds, and what their filters may take. */
@Tag("redis")
final class FeedsTest {
  private static final RequestContext SCOPE = new RequestContext("feeds-test", null);

  @Test
  void filtersOfAllReadersAreBounded() {
    HashedWheelTimer timer = new HashedWheelTimer();
    try (TestConnection connection = TestConnection.open()) {
      FeedStore store =
          new FeedStore(
              new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test")),
              new Keyspace("quoin", "feeds"),
              1_000,
              Duration.ofMinutes(1));
      Feeds feeds = new Feeds(store, TestServer.first().server().tails(), timer, 100);
      Feeds.Membership first = feeds.join(SCOPE, 60);
      assertOverloaded(() -> feeds.join(SCOPE, 41));
      feeds.join(SCOPE, 0).leave();
      Feeds.Membership second = feeds.join(SCOPE, 40);

      // Both filters are there while one follows the other.
      assertOverloaded(() -> second.resize(1));
      first.leave();
      second.resize(50);
      assertOverloaded(() -> feeds.join(SCOPE, 51));
      second.leave();
      feeds.join(SCOPE, 100).leave();
    } finally {
      timer.stop();
    }
  }

  private static void assertOverloaded(Runnable join) {
    assertThatThrownBy(join::run)
        .isInstanceOfSatisfying(
            ApiException.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(ErrorReason.ERROR_REASON_OVERLOADED));
  }
}
