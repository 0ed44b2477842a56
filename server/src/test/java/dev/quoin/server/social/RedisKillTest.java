// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Redis is killed while a server delivers, and comes back with all it has answered. */
final class RedisKillTest {
  private static final int FOLLOWERS = 300;

  @Test
  void whatWasAcknowledgedArrivesWhenRedisComesBack() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
        TestServer server = TestServer.start("redis", redis.uri())) {
      Network network = new Network(server.channel());
      long author = network.user("author");
      List<Long> readers = new ArrayList<>();
      for (int i = 0; i < FOLLOWERS; i++) {
        readers.add(network.user("reader" + i));
        network.follow(readers.get(i), author);
      }
      List<Long> posted = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        posted.add(network.post(author, "post " + i));
      }
      assertThat(network.delete(author, posted.remove(4))).isTrue();

      redis.kill();
      Throwable failure = catchThrowable(() -> network.post(author, "nobody answers"));
      assertThat(Refused.of(failure).reason()).isEqualTo("STORE_UNAVAILABLE");
      redis.start();

      List<Long> expected = new ArrayList<>(posted);
      Collections.reverse(expected);
      for (long reader : List.of(readers.get(0), readers.get(FOLLOWERS - 1), author)) {
        Eventually.until(
            Duration.ofSeconds(90),
            "all of it is in the home timeline of " + reader,
            () -> home(network, reader).equals(expected));
      }
    }
  }

  private static List<Long> home(Network network, long reader) {
    try {
      return network.home(reader);
    } catch (io.grpc.StatusRuntimeException e) {
      // Redis is not there yet.
      return List.of();
    }
  }
}
