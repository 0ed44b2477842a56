// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Posts of an author with a number of followers, one after the other: how many deliveries a second
 * that is, how long the last follower waits, and what an edge and an entry take in Redis.
 */
record SocialFanOutRow(String name, int inFlight) implements Row {
  private static final int DELIVERIES = 100_000;
  private static final int MOST_POSTS = 500;

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
      long empty = testbed.redisMemory();
      List<Long> followers = SocialNetwork.users(channel, inFlight);
      long alone = testbed.redisMemory();
      SocialNetwork.follow(channel, followers, author);
      long following = testbed.redisMemory();
      SocialNetwork.post(channel, author);
      SocialNetwork.arrived(channel, author, SocialNetwork.post(channel, author));

      long before = testbed.redisMemory();
      int posts = Math.max(2, Math.min(MOST_POSTS, DELIVERIES / inFlight));
      long begin = System.nanoTime();
      double slowest = 0;
      for (int i = 0; i < posts; i++) {
        long posted = System.nanoTime();
        SocialNetwork.arrived(channel, author, SocialNetwork.post(channel, author));
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
      values.put(Measurement.ENTRY_BYTES, (testbed.redisMemory() - before) / deliveries);
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }
}
