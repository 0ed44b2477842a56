// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.ListFollowersRequest;
import dev.quoin.social.v1.ListFollowersResponse;
import dev.quoin.social.v1.StreamFollowersRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.social.v1.WatchHomeRequest;
import dev.quoin.social.v1.WatchHomeResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A post on its way to many, and what may come between. */
@Tag("redis")
final class FanOutTest {
  private static final int MANY = 2_500;

  private final Network network = Network.first();
  private long author;
  private List<Long> followers;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    author = network.user("author");
  }

  private void follow(TestServer server, int count) throws Exception {
    List<Long> users = createUsers(server, count);
    var graph = GraphGrpc.newFutureStub(server.channel());
    List<Future<?>> follows = new ArrayList<>();
    for (long user : users) {
      follows.add(
          graph.follow(FollowRequest.newBuilder().setUserId(user).setOtherId(author).build()));
      if (follows.size() % 200 == 0) {
        follows.get(follows.size() - 1).get();
      }
    }
    for (Future<?> follow : follows) {
      follow.get();
    }
    followers = users;
  }

  private static List<Long> createUsers(TestServer server, int count) throws Exception {
    var users = UsersGrpc.newFutureStub(server.channel());
    List<Long> ids = new ArrayList<>();
    List<Future<dev.quoin.social.v1.UsersCreateResponse>> created = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      created.add(
          users.create(UsersCreateRequest.newBuilder().setLogin("f" + i).setName("f").build()));
      if (created.size() == 200 || i == count - 1) {
        for (var one : created) {
          ids.add(one.get().getUserId());
        }
        created.clear();
      }
    }
    return ids;
  }

  private long having(long status) {
    return followers.stream()
        .filter(
            user ->
                TestRedis.commands()
                        .zscore(
                            "quoin:default:social:{%u:" + user + "}:home",
                            Entry.of(status, Long.toString(author)).text())
                    != null)
        .count();
  }

  @Test
  void followersOfTheSameMomentAllGetItOnceAndTheFanOutEnds() throws Exception {
    follow(TestServer.first(), MANY);
    Network.settle();
    // All edges at one moment, more than two pages of them.
    String key = "quoin:default:social:{%u:" + author + "}:followers";
    followers.forEach(user -> TestRedis.commands().zadd(key, 1_000.0, Long.toString(user)));

    long status = network.post(author, "to all");
    Network.settle();

    assertThat(having(status)).isEqualTo(MANY);
    var answer =
        network.statuses.get(
            dev.quoin.social.v1.StatusesGetRequest.newBuilder()
                .setStatusId(status)
                .setViewerId(author)
                .build());
    assertThat(answer.getFanOut().getCompleted()).isTrue();
  }

  @Test
  void whoLosesTheRightToWorkGoesOnUnlessAnotherDoes() throws Exception {
    follow(TestServer.first(), MANY);
    Network.settle();
    long first = network.post(author, "one");
    TestRedis.commands().del("quoin:default:social:{%u:" + author + "}:worker");
    long second = Network.second().post(author, "two");
    TestRedis.commands().del("quoin:default:social:{%u:" + author + "}:worker");
    Network.settle();

    assertThat(having(first)).isEqualTo(MANY);
    assertThat(having(second)).isEqualTo(MANY);
  }

  @Test
  void whoUnfollowsDuringTheFanOutKeepsNothing() throws Exception {
    follow(TestServer.first(), MANY);
    List<Long> posts = new ArrayList<>();
    posts.add(network.post(author, "one"));
    List<Long> leaving = followers.subList(MANY - 40, MANY);
    Network second = Network.second();
    for (long user : leaving) {
      assertThat(second.unfollow(user, author)).isTrue();
      if (posts.size() < 5) {
        posts.add(network.post(author, "more"));
      }
    }
    Network.settle();

    for (long user : leaving) {
      assertThat(Network.raw(user, "home")).isEmpty();
    }
    followers = followers.subList(0, MANY - 40);
    for (long post : posts) {
      assertThat(having(post)).isEqualTo(MANY - 40);
    }
    assertThat(network.profile(author).getFollowerCount()).isEqualTo(MANY - 40);
  }

  @Test
  void whatIsDeletedDuringTheFanOutIsNowhere() throws Exception {
    follow(TestServer.first(), MANY);
    long status = network.post(author, "gone at once");

    assertThat(Network.second().delete(author, status)).isTrue();
    assertThat(Network.second().delete(author, status)).isFalse();
    Network.settle();

    assertThat(having(status)).isZero();
    assertThat(Network.raw(author, "home")).isEmpty();
    assertThat(Network.raw(author, "posts")).isEmpty();
  }

  @Test
  void followersOfManyAreSpreadOverBucketsAndListedInTheOrderOfTime() throws Exception {
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(), "redis-timeout", "10s", "social-bucket-followers", "50")) {
      follow(server, 500);
      Eventually.until(
          "there are buckets",
          () -> !TestRedis.commands().keys("quoin:default:social:{%bucket7:*").isEmpty());
      Network.settle();
      Network at = new Network(server.channel());
      long status = at.post(author, "to all buckets");
      Network.settle();

      assertThat(having(status)).isEqualTo(500);
      assertThat(at.profile(author).getFollowerCount()).isEqualTo(500);
      List<Long> listed = new ArrayList<>();
      ListFollowersResponse page = ListFollowersResponse.getDefaultInstance();
      long time = Long.MAX_VALUE;
      do {
        page =
            at.graph.listFollowers(
                ListFollowersRequest.newBuilder()
                    .setUserId(author)
                    .setPageSize(70)
                    .setPageToken(page.getNextPageToken())
                    .build());
        for (var edge : page.getEdgesList()) {
          listed.add(edge.getUserId());
          long millis = com.google.protobuf.util.Timestamps.toMillis(edge.getTime());
          assertThat(millis).isLessThanOrEqualTo(time);
          time = millis;
        }
      } while (!page.getNextPageToken().isEmpty());
      assertThat(listed).hasSize(500).containsExactlyInAnyOrderElementsOf(followers);

      Set<Long> streamed = new HashSet<>();
      at.graph
          .streamFollowers(StreamFollowersRequest.newBuilder().setUserId(author).build())
          .forEachRemaining(some -> some.getEdgesList().forEach(e -> streamed.add(e.getUserId())));
      assertThat(streamed).isEqualTo(new HashSet<>(followers));

      for (long user : followers.subList(0, 100)) {
        assertThat(at.unfollow(user, author)).isTrue();
      }
      Network.settle();
      assertThat(at.profile(author).getFollowerCount()).isEqualTo(400);
    }
  }

  @Test
  void postsOfTheBestKnownAreMergedInWhenTimelinesAreRead() throws Exception {
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(), "redis-timeout", "10s", "social-merge-followers", "20")) {
      Network at = new Network(server.channel());
      long before = at.post(author, "before");
      follow(server, 30);
      Network.settle();
      long reader = followers.get(0);
      long own = at.post(reader, "own");
      long merged = at.post(author, "merged");
      long newer = at.post(reader, "newer");
      Network.settle();

      assertThat(Network.raw(reader, "home")).hasSizeLessThan(4);
      assertThat(at.home(reader)).containsExactly(newer, merged, own, before);
      assertThat(at.home(followers.get(29))).containsExactly(merged, before);
      at.delete(author, merged);
      at.delete(author, before);
      Network.settle();
      assertThat(at.home(reader)).containsExactly(newer, own);
      assertThat(Network.raw(reader, "home")).hasSize(2);

      OpenStream<WatchHomeRequest, WatchHomeResponse> home = new OpenStream<>();
      TimelinesGrpc.newStub(server.channel())
          .watchHome(WatchHomeRequest.newBuilder().setUserId(reader).build(), home);
      assertThat(home.any().hasHeartbeat()).isTrue();
      long last = at.post(author, "last");
      assertThat(home.any().getAdded().getStatusId()).isEqualTo(last);
      home.cancel();
      at.unfollow(reader, author);
      assertThat(at.home(reader)).containsExactly(newer, own);
    }
  }

  @Test
  void homeEndsWhereOldStatusesWereLeftOutWhoeverPostedThem() throws Exception {
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(), "redis-timeout", "10s", "social-merge-followers", "20")) {
      Network at = new Network(server.channel());
      follow(server, 20);
      Network.settle();
      long reader = followers.get(0);
      at.post(author, "too old");
      List<Long> expected = new ArrayList<>();
      for (int i = 0; i < 1_000; i++) {
        expected.add(at.post(i % 100 == 50 ? author : reader, "status " + i));
      }
      for (int i = 0; i < 10; i++) {
        expected.add(at.post(reader, "one more " + i));
      }
      Network.settle();

      // 1,000 of its own, and ten that are merged in, all after the oldest of its own.
      java.util.Collections.reverse(expected);
      assertThat(at.home(reader)).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void whoWatchesMissesNothingWhenAnAuthorIsMergedInFromNowOn() throws Exception {
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(), "redis-timeout", "10s", "social-merge-followers", "20")) {
      Network at = new Network(server.channel());
      follow(server, 19);
      long reader = followers.get(0);
      Network.settle();
      OpenStream<WatchHomeRequest, WatchHomeResponse> home = new OpenStream<>();
      TimelinesGrpc.newStub(server.channel())
          .watchHome(WatchHomeRequest.newBuilder().setUserId(reader).build(), home);
      assertThat(home.any().hasHeartbeat()).isTrue();
      List<Long> posted = new ArrayList<>();
      posted.add(at.post(author, "before"));
      Network.settle();

      // What is posted while the mark waits in the outbox is not brought to anybody.
      String worker = "quoin:default:social:{%u:" + author + "}:worker";
      TestRedis.commands().set(worker, "somebody else");
      long last = at.user("one-more");
      at.follow(last, author);
      Eventually.until(
          "the mark waits",
          () -> TestRedis.commands().llen(worker.replace("worker", "outbox")) == 1);
      posted.add(at.post(author, "behind the mark"));
      posted.add(at.post(author, "behind it, too"));
      TestRedis.commands().del(worker);
      posted.add(at.post(author, "and now"));
      Network.settle();
      posted.add(at.post(author, "after"));

      List<Long> told = new ArrayList<>();
      while (told.isEmpty() || !told.contains(posted.get(posted.size() - 1))) {
        WatchHomeResponse message = home.any();
        if (message.hasAdded()) {
          told.add(message.getAdded().getStatusId());
        }
      }
      assertThat(told).containsExactlyElementsOf(posted);
      home.cancel();
    }
  }
}
