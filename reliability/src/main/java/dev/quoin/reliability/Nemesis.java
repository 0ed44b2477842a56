// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Breaks one thing after the other, by a seed, and mends each before the next. Every fault comes
 * once, in some order, before one comes again.
 */
final class Nemesis {
  private static final int MOST_MILLIS = 5_000;

  private final List<RedisServer> redis;
  private final List<QuoinServer> servers;
  private final Findings findings;
  private final Random random;

  Nemesis(List<RedisServer> redis, List<QuoinServer> servers, Findings findings, long seed) {
    this.redis = redis;
    this.servers = servers;
    this.findings = findings;
    random = new Random(seed);
  }

  private enum Fault {
    KILL_SERVER,
    KILL_BOTH_SERVERS,
    DRAIN_SERVER,
    PAUSE_SERVER,
    PAUSE_REDIS,
    STALL_REDIS,
    DELAY_REDIS,
    CUT_REDIS,
    SILENCE_REDIS,
    CUT_CLIENTS,
    SILENCE_CLIENTS
  }

  /** Goes on until a time by System.nanoTime. */
  void run(long end) throws InterruptedException {
    List<Fault> left = new ArrayList<>();
    while (System.nanoTime() < end) {
      if (left.isEmpty()) {
        left.addAll(List.of(Fault.values()));
        Collections.shuffle(left, random);
      }
      TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(2_500));
      Fault fault = left.remove(left.size() - 1);
      int which = random.nextInt(servers.size());
      RedisServer node = redis.get(random.nextInt(redis.size()));
      long millis = 200 + random.nextInt(MOST_MILLIS);
      findings.say("%s, server %d, for %d ms".formatted(fault, which, millis));
      findings.count("fault " + fault);
      breakAndMend(fault, servers.get(which), node, millis);
    }
  }

  private void breakAndMend(Fault fault, QuoinServer server, RedisServer node, long millis)
      throws InterruptedException {
    switch (fault) {
      case KILL_SERVER -> {
        server.kill();
        TimeUnit.MILLISECONDS.sleep(millis);
        server.start();
      }
      case KILL_BOTH_SERVERS -> {
        servers.forEach(QuoinServer::kill);
        for (QuoinServer one : servers) {
          one.start();
        }
      }
      case DRAIN_SERVER -> {
        if (!server.drain()) {
          findings.broken("a server does not end by itself after SIGTERM");
        }
        server.start();
      }
      case PAUSE_SERVER -> {
        server.pause();
        TimeUnit.MILLISECONDS.sleep(millis);
        server.resume();
      }
      case PAUSE_REDIS -> {
        node.pause();
        TimeUnit.MILLISECONDS.sleep(millis);
        node.resume();
      }
      case STALL_REDIS -> {
        node.stall(millis / 1_000.0);
        TimeUnit.MILLISECONDS.sleep(millis);
      }
      case DELAY_REDIS -> {
        node.proxy().delay(1 + millis / 50);
        TimeUnit.MILLISECONDS.sleep(millis);
        node.proxy().delay(0);
      }
      case CUT_REDIS -> node.proxy().cut();
      case SILENCE_REDIS -> {
        node.proxy().silence();
        TimeUnit.MILLISECONDS.sleep(millis);
      }
      case CUT_CLIENTS -> server.proxy().cut();
      case SILENCE_CLIENTS -> {
        server.proxy().silence();
        TimeUnit.MILLISECONDS.sleep(millis);
        // A network that comes back resets what it has forgotten.
        server.proxy().cut();
      }
    }
  }
}
