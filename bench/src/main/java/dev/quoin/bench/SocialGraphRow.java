// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import io.grpc.ManagedChannel;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * A network of so many users, each of whom follows ten others. Whom they follow is distributed as
 * 1/n: the best-known user has almost half of all as followers, most have a few. Says what grows
 * with the number of users.
 */
record SocialGraphRow(String name, int inFlight) implements Row {
  private static final int FOLLOWED = 10;
  private static final int AUTHORS = 200;
  private static final int READS = 2_000;
  private static final long SEED = 1;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      Random random = new Random(SEED);
      long empty = testbed.redisMemory();
      List<Long> users = SocialNetwork.users(channel, inFlight);
      long alone = testbed.redisMemory();

      int[] followers = new int[inFlight];
      int[] chosen = new int[FOLLOWED];
      long begin = System.nanoTime();
      SocialNetwork.follow(
          channel,
          inFlight * FOLLOWED,
          users,
          edge -> {
            int other = another(random, edge / FOLLOWED, chosen, edge % FOLLOWED);
            followers[other]++;
            return other;
          },
          edge -> edge / FOLLOWED);
      double seconds = (System.nanoTime() - begin) / 1e9;
      long following = testbed.redisMemory();

      for (int i = AUTHORS; i > 0; i--) {
        SocialNetwork.arrived(channel, users.get(i), SocialNetwork.post(channel, users.get(i)));
      }
      long posted = System.nanoTime();
      SocialNetwork.arrived(channel, users.get(0), SocialNetwork.post(channel, users.get(0)));
      double arrived = (System.nanoTime() - posted) / 1e6;

      double[] reads = reads(channel, users, random);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.FOLLOWS_PER_SECOND, inFlight * FOLLOWED / seconds);
      values.put(Measurement.MOST_FOLLOWERS, (double) Arrays.stream(followers).max().orElse(0));
      values.put(Measurement.LAST_HOME, arrived);
      values.put(Measurement.P50, reads[READS / 2]);
      values.put(Measurement.P99, reads[READS * 99 / 100]);
      values.put(Measurement.USER_BYTES, (double) (alone - empty) / inFlight);
      values.put(Measurement.EDGE_BYTES, (double) (following - alone) / (inFlight * FOLLOWED));
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }

  /** Somebody whom a user does not follow yet, the best-known of all being 0. */
  private int another(Random random, int user, int[] chosen, int count) {
    while (true) {
      int rank = (int) Math.pow(inFlight, random.nextDouble()) - 1;
      if (rank != user && Arrays.stream(chosen, 0, count).noneMatch(one -> one == rank)) {
        chosen[count] = rank;
        return rank;
      }
    }
  }

  /** How long the home timelines of some take to be read, one after the other, in us. */
  private static double[] reads(ManagedChannel channel, List<Long> users, Random random) {
    var timelines = TimelinesGrpc.newBlockingStub(channel);
    double[] micros = new double[READS];
    for (int i = 0; i < READS; i++) {
      long user = users.get(random.nextInt(users.size()));
      long begin = System.nanoTime();
      timelines.getHome(GetHomeRequest.newBuilder().setUserId(user).build());
      micros[i] = (System.nanoTime() - begin) / 1e3;
    }
    Arrays.sort(micros);
    return micros;
  }
}
