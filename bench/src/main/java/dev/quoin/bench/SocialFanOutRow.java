// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesGrpc;
import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Posts of an author with a number of followers, one after the other: how many deliveries a second
 * that is, how long the last follower waits, and what an edge and an entry take in Redis.
 */
record SocialFanOutRow(String name, int inFlight) implements Row {
  private static final int DELIVERIES = 100_000;
  private static final int MOST_POSTS = 500;
  private static final long PAUSE_NANOS = 200_000;
  private static final Pattern MEMORY = Pattern.compile("used_memory:(\\d+)");

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      long author = SocialNetwork.users(channel, 1).get(0);
      SocialNetwork.lift(channel, author);
      long empty = memory(testbed);
      List<Long> followers = SocialNetwork.users(channel, inFlight);
      long alone = memory(testbed);
      SocialNetwork.follow(channel, followers, author);
      long following = memory(testbed);
      SocialNetwork.post(channel, author);
      arrived(channel, author, SocialNetwork.post(channel, author));

      long before = memory(testbed);
      int posts = Math.max(2, Math.min(MOST_POSTS, DELIVERIES / inFlight));
      long begin = System.nanoTime();
      double slowest = 0;
      for (int i = 0; i < posts; i++) {
        long posted = System.nanoTime();
        arrived(channel, author, SocialNetwork.post(channel, author));
        slowest = Math.max(slowest, (System.nanoTime() - posted) / 1e6);
      }
      double seconds = (System.nanoTime() - begin) / 1e9;
      double deliveries = (double) posts * inFlight;
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.DELIVERIES_PER_SECOND, deliveries / seconds);
      values.put(Measurement.LAST_HOME, 1e3 * seconds / posts);
      values.put(Measurement.LAST_HOME_LONGEST, slowest);
      values.put(Measurement.USER_BYTES, (double) (alone - empty) / inFlight);
      values.put(Measurement.EDGE_BYTES, (double) (following - alone) / inFlight);
      values.put(Measurement.ENTRY_BYTES, (memory(testbed) - before) / deliveries);
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }

  /** Waits until the author is told that all have it. */
  private static void arrived(ManagedChannel channel, long author, long status) {
    var statuses = StatusesGrpc.newBlockingStub(channel);
    StatusesGetRequest look =
        StatusesGetRequest.newBuilder().setStatusId(status).setViewerId(author).build();
    while (!statuses.get(look).getFanOut().getCompleted()) {
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  private static long memory(Testbed testbed) {
    Matcher memory = MEMORY.matcher(testbed.redisInfo("memory"));
    if (!memory.find()) {
      throw new IllegalStateException("Redis does not tell its memory");
    }
    return Long.parseLong(memory.group(1));
  }
}
