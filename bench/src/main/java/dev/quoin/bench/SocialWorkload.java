// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UnfollowRequest;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.function.BiFunction;

/** Workers in a network of 1,000 readers, who follow an author of 100 statuses. */
final class SocialWorkload implements Workload {
  private static final int READERS = 1_000;
  private static final int STATUSES = 100;

  private final ManagedChannel channel;
  private final List<Long> readers;
  private final long author;
  private final BiFunction<SocialWorkload, Integer, Operation> operation;

  private SocialWorkload(
      ManagedChannel channel, BiFunction<SocialWorkload, Integer, Operation> operation) {
    this.channel = channel;
    this.operation = operation;
    this.author = SocialNetwork.users(channel, 1).get(0);
    SocialNetwork.lift(channel, author);
    this.readers = SocialNetwork.users(channel, READERS);
    readers.forEach(reader -> SocialNetwork.lift(channel, reader));
    for (int i = 0; i < STATUSES; i++) {
      SocialNetwork.post(channel, author);
    }
    SocialNetwork.follow(channel, readers, author);
  }

  /** Reads the first page of 30 of one home timeline after the other. */
  static Workload.Factory homes() {
    return (testbed, workers) ->
        new SocialWorkload(GrpcWorkload.connect(testbed), SocialWorkload::readHomes);
  }

  /** Unfollows the author, and follows it again, which brings its 100 statuses. */
  static Workload.Factory follows() {
    return (testbed, workers) ->
        new SocialWorkload(GrpcWorkload.connect(testbed), SocialWorkload::unfollowAndFollow);
  }

  /** Posts, each time as another of the readers, whom nobody follows. */
  static Workload.Factory posts() {
    return (testbed, workers) ->
        new SocialWorkload(GrpcWorkload.connect(testbed), SocialWorkload::post);
  }

  @Override
  public Operation worker(int index) {
    return operation.apply(this, index);
  }

  private Operation readHomes(int worker) {
    var timelines = TimelinesGrpc.newStub((Channel) channel);
    return new Operation() {
      private int next = worker;

      @Override
      public void start(Done done) {
        next = (next + 7) % READERS;
        timelines.getHome(
            GetHomeRequest.newBuilder().setUserId(readers.get(next)).build(),
            GrpcWorkload.answer(
                done,
                home -> {
                  if (home.getStatusesCount() == 30) {
                    done.ok();
                  } else {
                    done.failed(new IllegalStateException(home.getStatusesCount() + " statuses"));
                  }
                }));
      }
    };
  }

  private Operation post(int worker) {
    var statuses = StatusesGrpc.newStub((Channel) channel);
    return new Operation() {
      private int next = worker;

      @Override
      public void start(Done done) {
        next = (next + 67) % READERS;
        statuses.post(
            StatusesPostRequest.newBuilder()
                .setAuthorId(readers.get(next))
                .setText("a status of some words")
                .build(),
            GrpcWorkload.answer(done, posted -> done.ok()));
      }
    };
  }

  private Operation unfollowAndFollow(int worker) {
    var graph = GraphGrpc.newStub((Channel) channel);
    long reader = readers.get(worker);
    UnfollowRequest unfollow =
        UnfollowRequest.newBuilder().setUserId(reader).setOtherId(author).build();
    FollowRequest follow = FollowRequest.newBuilder().setUserId(reader).setOtherId(author).build();
    return done ->
        graph.unfollow(
            unfollow,
            GrpcWorkload.answer(
                done, gone -> graph.follow(follow, GrpcWorkload.answer(done, back -> done.ok()))));
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
