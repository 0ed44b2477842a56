// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.SetLimitsRequest;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersCreateResponse;
import dev.quoin.social.v1.UsersGrpc;
import io.grpc.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;
import java.util.function.IntUnaryOperator;

/** Users and edges that rows of the social network begin with. */
final class SocialNetwork {
  private static final int IN_FLIGHT = 256;
  private static final int MOST = 1_000_000;
  private static final long PAUSE_NANOS = 200_000;

  /** Logins that the server has not seen in another row. */
  private static final AtomicInteger NEXT = new AtomicInteger();

  private SocialNetwork() {}

  /** Creates users who may do anything any number of times. */
  static List<Long> users(Channel channel, int count) {
    var users = UsersGrpc.newFutureStub(channel);
    List<ListenableFuture<UsersCreateResponse>> created = new ArrayList<>();
    all(
        count,
        i -> {
          String login = "u" + NEXT.incrementAndGet();
          var one =
              users.create(UsersCreateRequest.newBuilder().setLogin(login).setName("U").build());
          created.add(one);
          return one;
        });
    List<Long> ids = new ArrayList<>();
    for (var one : created) {
      ids.add(value(one).getUserId());
    }
    return ids;
  }

  static void lift(Channel channel, long user) {
    ModerationGrpc.newBlockingStub(channel)
        .setLimits(
            SetLimitsRequest.newBuilder()
                .setUserId(user)
                .setPostsPerHour(MOST)
                .setFollowsPerHour(MOST)
                .build());
  }

  /** Makes users follow an author. */
  static void follow(Channel channel, List<Long> users, long author) {
    var graph = GraphGrpc.newFutureStub(channel);
    all(
        users.size(),
        i ->
            graph.follow(
                FollowRequest.newBuilder().setUserId(users.get(i)).setOtherId(author).build()));
  }

  /**
   * Makes users follow each other.
   *
   * @param followed whom, of the users, by the number of the edge
   * @param follower who
   */
  static void follow(
      Channel channel,
      int edges,
      List<Long> users,
      IntUnaryOperator followed,
      IntUnaryOperator follower) {
    var graph = GraphGrpc.newFutureStub(channel);
    all(
        edges,
        edge ->
            graph.follow(
                FollowRequest.newBuilder()
                    .setUserId(users.get(follower.applyAsInt(edge)))
                    .setOtherId(users.get(followed.applyAsInt(edge)))
                    .build()));
  }

  /** Waits until the author is told that all have a status. */
  static void arrived(Channel channel, long author, long status) {
    var statuses = StatusesGrpc.newBlockingStub(channel);
    StatusesGetRequest look =
        StatusesGetRequest.newBuilder().setStatusId(status).setViewerId(author).build();
    while (!statuses.get(look).getFanOut().getCompleted()) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  static long post(Channel channel, long author) {
    return StatusesGrpc.newBlockingStub(channel)
        .post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(author)
                .setText(
                    "a status of a hundred bytes, as they are in the middle of the range of lengths")
                .build())
        .getStatusId();
  }

  private static void all(int count, IntFunction<ListenableFuture<?>> begin) {
    Deque<ListenableFuture<?>> underWay = new ArrayDeque<>();
    for (int i = 0; i < count; i++) {
      if (underWay.size() == IN_FLIGHT) {
        value(underWay.remove());
      }
      underWay.add(begin.apply(i));
    }
    underWay.forEach(SocialNetwork::value);
  }

  private static <T> T value(ListenableFuture<T> future) {
    try {
      return future.get();
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
