// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.AddToListRequest;
import dev.quoin.social.v1.BlockRequest;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.GetListRequest;
import dev.quoin.social.v1.RemoveFromListRequest;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.UnblockRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Follows, blocks, lists, posts and deletions in any order, at two servers, against a model. */
@Tag("redis")
final class SocialModelTest {
  private static final int USERS = 6;
  private static final int STEPS = 250;

  private final Network[] servers = {Network.first(), Network.second()};
  private final Map<Long, Set<Long>> following = new HashMap<>();
  private final Map<Long, TreeSet<Long>> posts = new HashMap<>();

  /** One of each user, and who is on it. */
  private final Map<Long, Long> lists = new HashMap<>();

  private final Map<Long, Set<Long>> listed = new HashMap<>();
  private final Set<String> blocks = new TreeSet<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  private void changeList(Network at, long user, long other) {
    if (listed.get(user).add(other)) {
      at.graph.addToList(
          AddToListRequest.newBuilder()
              .setUserId(user)
              .setListId(lists.get(user))
              .setOtherId(other)
              .build());
    } else {
      listed.get(user).remove(other);
      at.graph.removeFromList(
          RemoveFromListRequest.newBuilder()
              .setUserId(user)
              .setListId(lists.get(user))
              .setOtherId(other)
              .build());
    }
  }

  /** A block ends what was between the two; the test waits until both have heard of it. */
  private void changeBlock(Network at, long user, long other) {
    if (blocks.add(user + " " + other)) {
      at.graph.block(BlockRequest.newBuilder().setUserId(user).setOtherId(other).build());
      following.get(user).remove(other);
      following.get(other).remove(user);
      listed.get(user).remove(other);
      listed.get(other).remove(user);
    } else {
      blocks.remove(user + " " + other);
      at.graph.unblock(UnblockRequest.newBuilder().setUserId(user).setOtherId(other).build());
    }
    Network.settle();
  }

  private List<Long> timeline(long user, Set<Long> authors, boolean own) {
    List<Long> expected = new ArrayList<>(own ? posts.get(user) : Set.of());
    authors.forEach(other -> expected.addAll(posts.get(other)));
    expected.sort(Comparator.reverseOrder());
    return expected;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void homeHasTheLivePostsOfThoseFollowedAndOnesOwn(int seed) {
    Random random = new Random(seed);
    List<Long> users = new ArrayList<>();
    for (int i = 0; i < USERS; i++) {
      long user = servers[0].user("user" + i);
      users.add(user);
      following.put(user, new TreeSet<>());
      posts.put(user, new TreeSet<>());
      listed.put(user, new TreeSet<>());
      lists.put(
          user,
          servers[0]
              .graph
              .createList(CreateListRequest.newBuilder().setUserId(user).setName("l").build())
              .getListId());
    }
    for (int step = 0; step < STEPS; step++) {
      Network at = servers[random.nextInt(2)];
      long user = users.get(random.nextInt(USERS));
      long other = users.get(random.nextInt(USERS));
      boolean cut = blocks.contains(user + " " + other) || blocks.contains(other + " " + user);
      switch (random.nextInt(10)) {
        case 8 -> {
          if (user != other && !cut) {
            changeList(at, user, other);
          }
        }
        case 9 -> {
          if (user != other && random.nextInt(3) == 0) {
            changeBlock(at, user, other);
          }
        }
        case 0, 1 -> {
          if (user != other && !cut) {
            assertThat(at.follow(user, other)).isEqualTo(following.get(user).add(other));
          }
        }
        case 2 -> {
          if (user != other) {
            assertThat(at.unfollow(user, other)).isEqualTo(following.get(user).remove(other));
          }
        }
        case 3, 4, 5, 6 -> posts.get(user).add(at.post(user, "post " + step));
        default -> {
          if (!posts.get(user).isEmpty()) {
            assertThat(at.delete(user, posts.get(user).pollFirst())).isTrue();
          }
        }
      }
    }
    Network.settle();

    for (long user : users) {
      List<Long> expected = timeline(user, following.get(user), true);
      assertThat(
              servers[1]
                  .timelines
                  .getList(
                      GetListRequest.newBuilder()
                          .setListId(lists.get(user))
                          .setViewerId(user)
                          .setPageSize(200)
                          .build())
                  .getStatusesList())
          .as("list of " + user)
          .extracting(Status::getStatusId)
          .containsExactlyElementsOf(timeline(user, listed.get(user), false));
      assertThat(servers[0].home(user)).as("home of " + user).isEqualTo(expected);
      assertThat(Network.raw(user, "home")).as("no entry of a dead one").hasSameSizeAs(expected);
      assertThat(servers[1].posts(user, 0))
          .as("profile")
          .containsExactlyElementsOf(posts.get(user).descendingSet());
      long followers = following.values().stream().filter(all -> all.contains(user)).count();
      assertThat(servers[1].profile(user).getFollowerCount()).isEqualTo(followers);
      assertThat(servers[1].profile(user).getFollowingCount())
          .isEqualTo(following.get(user).size());
      assertThat(servers[1].profile(user).getStatusCount()).isEqualTo(posts.get(user).size());
    }
  }
}
