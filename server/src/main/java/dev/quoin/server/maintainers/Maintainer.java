// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.maintainers;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import io.netty.util.Timer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Work that is to be done again and again, by one server at a time: whoever has the lease in Redis.
 * A server that dies is followed by another one after three periods. It may happen that two do the
 * work at once, so it must bear that.
 */
public final class Maintainer {
  private static final Logger LOG = Logger.getLogger(Maintainer.class.getName());
  private static final LuaScript LEAD = LuaScript.load("maintainers/lead");
  private static final AttributeKey<String> NAME = AttributeKey.stringKey("quoin.maintainer");
  private static final RequestContext EVERYWHERE = new RequestContext("-", null);

  private final Scripts scripts;
  private final String leader;
  private final String server;
  private final Duration period;
  private final Supplier<CompletionStage<Integer>> work;
  private final LongCounter done;
  private final Attributes attributes;
  private volatile long lastRound = System.nanoTime();

  /**
   * @param keyspace of the feature
   * @param name of the work, a lower-case word
   * @param server name of this server
   * @param work a bounded step; answers how much it has done
   */
  public Maintainer(
      Scripts scripts,
      Keyspace keyspace,
      Meter meter,
      String name,
      String server,
      Duration period,
      Supplier<CompletionStage<Integer>> work) {
    this.scripts = scripts;
    this.leader = MaintainerKeys.of(keyspace, name).leader();
    this.server = server;
    this.period = period;
    this.work = work;
    this.attributes = Attributes.of(NAME, name);
    this.done =
        meter
            .counterBuilder("quoin.maintainer.done")
            .setDescription("What maintainers have done, by maintainer.")
            .build();
    meter
        .gaugeBuilder("quoin.maintainer.lag")
        .setUnit("s")
        .setDescription(
            "Time since this server last did the work of a maintainer, or saw that another does.")
        .buildWithCallback(
            gauge -> gauge.record((System.nanoTime() - lastRound) / 1e9, attributes));
  }

  /** Begins; goes on as long as the timer does. */
  public Maintainer start(Timer timer) {
    timer.newTimeout(
        t -> lead().whenComplete((steps, failure) -> start(timer)),
        period.toMillis(),
        TimeUnit.MILLISECONDS);
    return this;
  }

  /** Does one step now, whoever has the lease. */
  public CompletionStage<Integer> runNow() {
    return work.get()
        .thenApply(
            steps -> {
              if (steps > 0) {
                done.add(steps, attributes);
              }
              return steps;
            });
  }

  private CompletionStage<Integer> lead() {
    return scripts
        .run(LEAD, EVERYWHERE, new String[] {leader}, server, 3 * period.toMillis())
        .thenCompose(reply -> reply.flag() ? runNow() : CompletableFuture.completedFuture(0))
        .whenComplete(
            (steps, failure) -> {
              if (failure == null) {
                lastRound = System.nanoTime();
              } else {
                LOG.log(Level.FINE, leader + " goes on later", failure);
              }
            });
  }
}
