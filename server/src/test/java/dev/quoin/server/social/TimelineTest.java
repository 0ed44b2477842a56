// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.GetHomeResponse;
import dev.quoin.social.v1.RefillRequest;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.WatchHomeRequest;
import dev.quoin.social.v1.WatchHomeResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Pages of timelines. The names of the tests say which mistake of older designs they keep out. */
@Tag("redis")
final class TimelineTest {
  private final Network network = Network.first();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void pagesHaveNoHolesAndNoDuplicatesWhileOthersPostAndDelete() {
    long author = network.user("author");
    long reader = network.user("reader");
    network.follow(reader, author);
    List<Long> before = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      before.add(network.post(author, "post " + i));
    }
    Network.settle();
    Random random = new Random(7);
    Set<Long> deleted = new HashSet<>();
    List<Long> read = new ArrayList<>();
    GetHomeResponse page = GetHomeResponse.getDefaultInstance();
    do {
      page = network.homePage(reader, 10, page.getNextPageToken());
      page.getStatusesList().forEach(status -> read.add(status.getStatusId()));
      if (!page.getNextPageToken().isEmpty()) {
        assertThat(page.getStatusesList()).as("a page is full while there are more").hasSize(10);
      }
      network.post(author, "meanwhile");
      long victim = before.get(random.nextInt(before.size()));
      if (deleted.add(victim)) {
        network.delete(author, victim);
      }
    } while (!page.getNextPageToken().isEmpty());

    assertThat(read).doesNotHaveDuplicates().isSortedAccordingTo((a, b) -> Long.compare(b, a));
    List<Long> survivors = new ArrayList<>(before);
    survivors.removeAll(deleted);
    assertThat(read).containsAll(survivors);
  }

  @Test
  void ownPostsAreInOnesHomeAtOnce() {
    long user = network.user("user");
    long status = network.post(user, "mine");

    assertThat(network.home(user)).containsExactly(status);
  }

  @Test
  void homeKeepsTheNewestThousand() {
    long author = network.user("author");
    long reader = network.user("reader");
    network.follow(reader, author);
    List<Long> posts = new ArrayList<>();
    for (int i = 0; i < 1_040; i++) {
      posts.add(network.post(author, "p" + i));
    }
    Network.settle();

    List<Long> newest = new ArrayList<>(posts.subList(40, 1_040));
    java.util.Collections.reverse(newest);
    assertThat(network.home(reader)).isEqualTo(newest);
    assertThat(network.posts(author, 0)).hasSize(1_040);
  }

  @Test
  void whatUnfollowTakesOutIsRefilledFromOthers() {
    long reader = network.user("reader");
    long quiet = network.user("quiet");
    long loud = network.user("loud");
    network.follow(reader, quiet);
    long old = network.post(quiet, "old");
    network.follow(reader, loud);
    for (int i = 0; i < 1_001; i++) {
      network.post(loud, "l" + i);
    }
    Network.settle();
    assertThat(network.home(reader)).hasSize(1_000).doesNotContain(old);

    assertThat(network.unfollow(reader, loud)).isTrue();
    Network.settle();

    assertThat(network.home(reader)).containsExactly(old);
    assertThat(network.unfollow(reader, loud)).isFalse();
  }

  @Test
  void unfollowTakesOutDeletedPostsToo() {
    long reader = network.user("reader");
    long author = network.user("author");
    network.follow(reader, author);
    network.post(author, "kept");
    // As if its deletion had not come yet.
    String zombie = Entry.of(1_700_000_000_000_000_000L, Long.toString(author)).text();
    TestRedis.commands().zadd("quoin:default:social:{%u:" + reader + "}:home", 0, zombie);
    Network.settle();

    network.unfollow(reader, author);

    assertThat(Network.raw(reader, "home")).isEmpty();
  }

  @Test
  void readersTakeOutWhatIsGone() {
    long reader = network.user("reader");
    long status = network.post(reader, "kept");
    String zombie = Entry.of(1_700_000_000_000_000_000L, Long.toString(reader)).text();
    TestRedis.commands().zadd("quoin:default:social:{%u:" + reader + "}:home", 0, zombie);

    assertThat(network.home(reader)).containsExactly(status);
    dev.quoin.server.testing.Eventually.until(
        "it is taken out", () -> Network.raw(reader, "home").size() == 1);
  }

  @Test
  void timelineNotReadForLongIsRebuilt() {
    long reader = network.user("reader");
    long author = network.user("author");
    network.follow(reader, author);
    long first = network.post(author, "first");
    Network.settle();
    // As if it had not been read for 30 days.
    String entity = "quoin:default:social:{%u:" + reader + "}:";
    TestRedis.commands().del(entity + "warm", entity + "home");

    long second = network.post(author, "second");
    long own = network.post(reader, "own");
    Network.settle();
    assertThat(Network.raw(reader, "home")).as("it is not written").isEmpty();

    network.home(reader);
    Network.settle();
    GetHomeResponse page = network.homePage(reader, 10, "");
    assertThat(page.getPartial()).isFalse();
    assertThat(page.getStatusesList())
        .extracting(status -> status.getStatusId())
        .containsExactly(own, second, first);
    assertThat(TestRedis.commands().pttl(entity + "warm")).isPositive();
  }

  @Test
  void timelineThatIsWatchedIsKept() {
    long reader = network.user("reader");
    long author = network.user("author");
    network.follow(reader, author);
    Network.settle();
    TestRedis.commands().del("quoin:default:social:{%u:" + reader + "}:warm");

    OpenStream<WatchHomeRequest, WatchHomeResponse> home = new OpenStream<>();
    TimelinesGrpc.newStub(TestServer.second().channel())
        .watchHome(WatchHomeRequest.newBuilder().setUserId(reader).build(), home);
    assertThat(home.any().hasHeartbeat()).isTrue();
    long status = network.post(author, "news");

    assertThat(home.any().getAdded().getStatusId()).isEqualTo(status);
    home.cancel();
  }

  @Test
  void refillAnswersWhatItAdded() {
    long reader = network.user("reader");
    long author = network.user("author");
    network.follow(reader, author);
    network.post(author, "one");
    Network.settle();
    TestRedis.commands().del("quoin:default:social:{%u:" + reader + "}:home");

    var answer = network.timelines.refill(RefillRequest.newBuilder().setUserId(reader).build());

    assertThat(answer.getAddedCount()).isEqualTo(1);
    assertThat(answer.getAuthorsRead()).isEqualTo(2);
  }

  @Test
  void oldPostsAreReachedInTheArchive() {
    long author = network.user("author");
    String entity = "quoin:default:social:{%u:" + author + "}:";
    List<Long> posts = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      posts.add(network.post(author, "p" + i));
    }
    // The oldest 20 are in two archives.
    for (int i = 0; i < 20; i++) {
      String entry = Entry.of(posts.get(i), Long.toString(author)).text();
      TestRedis.commands().zrem(entity + "posts", entry);
      TestRedis.commands().zadd(entity + "archive:" + (i / 10 + 1), 0, entry);
    }
    for (int i = 9; i < 20; i += 10) {
      String newest = Entry.of(posts.get(i), Integer.toString(i / 10 + 1)).text();
      TestRedis.commands().zadd(entity + "archives", 0, newest);
    }
    TestRedis.commands().set(entity + "archived", "20");

    List<Long> expected = new ArrayList<>(posts);
    java.util.Collections.reverse(expected);
    assertThat(network.posts(author, 0)).isEqualTo(expected);
    List<Long> walked = new ArrayList<>();
    String token = "";
    do {
      var page =
          network.timelines.getProfile(
              dev.quoin.social.v1.GetProfileRequest.newBuilder()
                  .setUserId(author)
                  .setPageSize(7)
                  .setPageToken(token)
                  .build());
      page.getStatusesList().forEach(status -> walked.add(status.getStatusId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    assertThat(walked).isEqualTo(expected);
    assertThat(network.profile(author).getStatusCount()).isEqualTo(30);

    network.delete(author, posts.get(3));
    Network.settle();
    expected.remove(posts.get(3));
    assertThat(network.posts(author, 0)).isEqualTo(expected);
    assertThat(network.profile(author).getStatusCount()).isEqualTo(29);
  }

  @Test
  void oldestPostsOfAFullProfileGoToAnArchive() {
    long author = network.user("author");
    String entity = "quoin:default:social:{%u:" + author + "}:";
    for (int i = 0; i < 21; i++) {
      Object[] members = new Object[2_000];
      for (int k = 0; k < 1_000; k++) {
        members[2 * k] = 0.0;
        members[2 * k + 1] =
            Entry.of(1_700_000_000_000_000_000L + i * 1_000 + k, Long.toString(author)).text();
      }
      TestRedis.commands().zadd(entity + "posts", members);
    }

    long newest = network.post(author, "one more");
    Network.settle();

    assertThat(TestRedis.commands().zcard(entity + "posts")).isEqualTo(20_001);
    assertThat(TestRedis.commands().zcard(entity + "archive:1")).isEqualTo(1_000);
    assertThat(TestRedis.commands().zrange(entity + "archive:1", 0, 0))
        .containsExactly(Entry.of(1_700_000_000_000_000_000L, Long.toString(author)).text());
    assertThat(network.profile(author).getStatusCount()).isEqualTo(21_001);
    assertThat(Network.raw(author, "posts"))
        .contains(Entry.of(newest, Long.toString(author)).text());
  }

  @Test
  void idsOfAnySizeSurviveScripts() {
    for (long id : new long[] {100_000_000_000_001L, (1L << 53) + 1, Long.MAX_VALUE}) {
      assertThat(Entry.of(id, "1").status()).isEqualTo(id);
    }
    // As if ids had come close to the greatest there is, where doubles are 1,024 apart.
    TestRedis.commands().set("quoin:-:social:{%work}:last", "9223372036854 775000");
    try {
      long author = network.user("author");
      long reader = network.user("reader");
      assertThat(author).isEqualTo(9_223_372_036_854_775_001L);
      assertThat(network.follow(reader, author)).isTrue();
      long first = network.post(author, "first");
      long second = network.post(author, "second");
      Network.settle();
      assertThat(second).isEqualTo(first + 1).isLessThan(Long.MAX_VALUE);
      assertThat(network.home(reader)).containsExactly(second, first);
      network.delete(author, first);
      Network.settle();
      assertThat(network.home(reader)).containsExactly(second);
      assertThat(network.unfollow(reader, author)).isTrue();
      assertThat(network.home(reader)).isEmpty();
    } finally {
      TestRedis.commands().del("quoin:-:social:{%work}:last");
    }
  }

  @Test
  void attributesCannotForgeWhoPostedWhat() {
    long user = network.user("user");
    long status =
        network.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(user)
                .setText("mine")
                .putAttributes("author_id", "1")
                .putAttributes("status_id", "2")
                .putAttributes("text", "forged"));

    var read =
        network
            .statuses
            .get(StatusesGetRequest.newBuilder().setStatusId(status).build())
            .getStatus();
    assertThat(read.getAuthorId()).isEqualTo(user);
    assertThat(read.getStatusId()).isEqualTo(status);
    assertThat(read.getText()).isEqualTo("mine");
    assertThat(read.getAttributesMap()).containsEntry("text", "forged");
    assertThat(read.getAuthorLogin()).isEqualTo("user");
  }

  @Test
  void somebodyElsesAttemptToDeleteBlocksNobody() {
    long owner = network.user("owner");
    long other = network.user("other");
    long status = network.post(owner, "mine");

    assertThat(Refused.by(() -> network.delete(other, status)).reason())
        .isEqualTo("STATUS_NOT_OWNED");
    assertThat(Refused.by(() -> network.delete(other, 5)).reason()).isEqualTo("STATUS_NOT_FOUND");
    assertThat(network.delete(owner, status)).isTrue();
    assertThat(TestRedis.commands().pttl("quoin:default:social:{%s:" + status + "}:status"))
        .as("the tombstone is kept for a week")
        .isBetween(600_000_000L, 604_800_000L);
  }
}
