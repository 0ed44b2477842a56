// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.StatusesPostRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server is killed while it delivers: another one goes on, and nothing acknowledged is lost. */
@Tag("redis")
final class FanOutKillTest {
  private static final int FOLLOWERS = 400;
  private static final int AUTHORS = 4;

  private final Network network = Network.first();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void whatWasAcknowledgedArrivesAndWhatWasDeletedGoesWhoeverIsKilled() {
    List<Long> authors = new ArrayList<>();
    for (int i = 0; i < AUTHORS; i++) {
      authors.add(network.user("author" + i));
    }
    List<Long> readers = new ArrayList<>();
    for (int i = 0; i < FOLLOWERS; i++) {
      long reader = network.user("reader" + i);
      readers.add(reader);
      for (long author : authors) {
        network.follow(reader, author);
      }
    }
    Network.settle();
    Set<Long> posted = new HashSet<>();
    try (ServerProcess victim =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      Network at = new Network(victim.channel());
      for (int i = 0; i < 12; i++) {
        for (long author : authors) {
          long status = at.post(author, "post " + i);
          posted.add(status);
          if (i % 3 == 2) {
            assertThat(at.delete(author, status)).isTrue();
            posted.remove(status);
          }
        }
      }
      // Its outboxes are full of work.
      victim.kill();
      for (long author : authors) {
        Refused.by(
            () ->
                at.post(StatusesPostRequest.newBuilder().setAuthorId(author).setText("too late")));
      }
    }
    assertThat(TestRedis.commands().keys("quoin:default:social:*:outbox"))
        .as("work was left behind")
        .isNotEmpty();

    Eventually.until(
        Duration.ofSeconds(90),
        "another server has done it",
        () -> TestRedis.commands().keys("quoin:default:social:*:outbox").isEmpty());

    List<Long> expected = new ArrayList<>(posted);
    expected.sort(Comparator.reverseOrder());
    for (long reader : List.of(readers.get(0), readers.get(FOLLOWERS / 2), readers.get(399))) {
      List<Long> home = new ArrayList<>(network.home(reader));
      assertThat(home).isEqualTo(expected);
      assertThat(Network.raw(reader, "home")).hasSameSizeAs(expected);
    }
    for (long author : authors) {
      for (long status : network.posts(author, 0)) {
        assertThat(TestRedis.commands().pttl("quoin:default:social:{%s:" + status + "}:status"))
            .as("what was delivered is kept for good")
            .isEqualTo(-1);
      }
    }
  }
}
