// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.Sample;
import io.grpc.Channel;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Increments that are repeated until they are answered are counted exactly once. */
final class CounterWorkload implements Workload {
  private static final int COUNTERS = 5;
  private static final long DAY_SECONDS = 86_400;

  private final Servers servers;
  private final Findings findings;
  private final Map<String, AtomicLong> answered = new ConcurrentHashMap<>();
  private final Map<String, AtomicLong> unknown = new ConcurrentHashMap<>();

  CounterWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
  }

  @Override
  public void load(Random random) throws Exception {
    String name = "counter-" + random.nextInt(COUNTERS);
    long delta = 1 + random.nextInt(5);
    IncrementRequest increment =
        IncrementRequest.newBuilder()
            .setName(name)
            .setDelta(delta)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    boolean isAnswered =
        servers.repeat(random, channel -> counters(channel).increment(increment)).isPresent();
    (isAnswered ? answered : unknown)
        .computeIfAbsent(name, absent -> new AtomicLong())
        .addAndGet(delta);
  }

  @Override
  public void check() throws Exception {
    for (Map.Entry<String, AtomicLong> counter : answered.entrySet()) {
      GetRequest get =
          GetRequest.newBuilder()
              .setName(counter.getKey())
              .setPrecision(Times.seconds(DAY_SECONDS))
              .setLast(2)
              .build();
      long sum =
          servers
              .repeat(new Random(0), channel -> counters(channel).get(get))
              .orElseThrow()
              .getSamplesList()
              .stream()
              .mapToLong(Sample::getCount)
              .sum();
      long least = counter.getValue().get();
      AtomicLong maybe = unknown.getOrDefault(counter.getKey(), new AtomicLong());
      if (sum < least || sum > least + maybe.get()) {
        findings.broken("%s is %d, not %d (+ %s)", counter.getKey(), sum, least, maybe);
      }
    }
  }

  private static CountersGrpc.CountersBlockingStub counters(Channel channel) {
    return CountersGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
