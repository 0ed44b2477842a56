// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GetHomeResponse;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Users who follow each other: each home has all posts that were acknowledged, once, the newest
 * first.
 */
final class SocialWorkload implements Workload {
  private static final int USERS = 5;

  /** Fewer than a home keeps. */
  private static final int MOST_POSTS = 600;

  private final Servers servers;
  private final Findings findings;
  private final List<Long> users = new ArrayList<>();
  private final AtomicInteger posts = new AtomicInteger();

  /** Authors of the posts that were acknowledged. */
  private final Map<Long, Long> posted = new ConcurrentHashMap<>();

  SocialWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
  }

  @Override
  public void prepare() throws Exception {
    Random random = new Random(0);
    for (int i = 0; i < USERS; i++) {
      UsersCreateRequest create =
          UsersCreateRequest.newBuilder()
              .setLogin("user" + i)
              .setName("User " + i)
              .setRequestId(UUID.randomUUID().toString())
              .build();
      users.add(
          servers
              .repeat(random, channel -> UsersGrpc.newBlockingStub(channel).create(create))
              .orElseThrow()
              .getUserId());
    }
    for (long user : users) {
      for (long other : users) {
        if (user != other) {
          FollowRequest follow =
              FollowRequest.newBuilder().setUserId(user).setOtherId(other).build();
          servers.repeat(random, channel -> GraphGrpc.newBlockingStub(channel).follow(follow));
        }
      }
    }
  }

  @Override
  public void load(Random random) throws Exception {
    TimeUnit.MILLISECONDS.sleep(random.nextInt(100));
    if (posts.incrementAndGet() > MOST_POSTS) {
      return;
    }
    long author = users.get(random.nextInt(USERS));
    StatusesPostRequest post =
        StatusesPostRequest.newBuilder()
            .setAuthorId(author)
            .setText("post")
            .setRequestId(UUID.randomUUID().toString())
            .build();
    servers
        .repeat(
            random,
            channel ->
                StatusesGrpc.newBlockingStub(channel)
                    .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS)
                    .post(post))
        .ifPresent(answer -> posted.put(answer.getStatusId(), author));
  }

  @Override
  public void check() throws Exception {
    for (long user : users) {
      Set<Long> expected = new HashSet<>();
      posted.forEach(
          (status, author) -> {
            if (author != user) {
              expected.add(status);
            }
          });
      List<Long> home = new ArrayList<>();
      Times.await(
          60,
          () -> {
            home.clear();
            home.addAll(home(user));
            return home.containsAll(expected);
          });
      if (!home.containsAll(expected)) {
        expected.removeAll(home);
        findings.broken("the home of user %d lacks %d posts", user, expected.size());
      }
      for (int i = 1; i < home.size(); i++) {
        if (home.get(i) >= home.get(i - 1)) {
          findings.broken(
              "in the home of user %d, %d is after %d", user, home.get(i), home.get(i - 1));
        }
      }
    }
  }

  private List<Long> home(long user) {
    List<Long> ids = new ArrayList<>();
    String next = "";
    do {
      GetHomeRequest get =
          GetHomeRequest.newBuilder().setUserId(user).setPageSize(200).setPageToken(next).build();
      GetHomeResponse page;
      try {
        page =
            servers
                .repeat(
                    new Random(0),
                    channel ->
                        TimelinesGrpc.newBlockingStub(channel)
                            .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS)
                            .getHome(get))
                .orElseThrow();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      page.getStatusesList().stream().map(Status::getStatusId).forEach(ids::add);
      next = page.getNextPageToken();
    } while (!next.isEmpty());
    return ids;
  }
}
