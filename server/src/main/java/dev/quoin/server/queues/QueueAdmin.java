// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.ConfigureRequest;
import dev.quoin.queues.v1.PurgeResponse;
import dev.quoin.queues.v1.Rates;
import dev.quoin.queues.v1.StatsResponse;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/** Whole queues: how they are, and what operators do to them. */
final class QueueAdmin {
  private static final LuaScript STATS = LuaScript.load("queues/stats");
  private static final LuaScript CONFIGURE = LuaScript.load("queues/configure");
  private static final LuaScript PURGE = LuaScript.load("queues/purge");
  private static final LuaScript REDRIVE = LuaScript.load("queues/redrive");
  private static final int AT_ONCE = 1_000;
  private static final int RATES_AT = 12;
  private static final int PRIORITIES_AT = 20;
  private static final int PRIORITIES = 10;
  private static final long MINUTE_MILLIS = 60_000;

  private final QueueStore queues;

  QueueAdmin(QueueStore queues) {
    this.queues = queues;
  }

  CompletionStage<StatsResponse> stats(Scope scope, String queue) {
    return run(STATS, scope, queue).thenApply(QueueAdmin::stats);
  }

  private static StatsResponse stats(Reply reply) {
    StatsResponse.Builder stats =
        StatsResponse.newBuilder()
            .setReady(reply.integer(1) + reply.integer(2))
            .setHeldBack(reply.integer(2))
            .setDelayed(reply.integer(3))
            .setLeased(reply.integer(4))
            .setDead(reply.integer(5))
            .setFinished(reply.integer(6))
            .setPaused(reply.flag(7))
            .setMaxLeases(reply.integer(8))
            .setMaxLeasesPerKey(reply.integer(9))
            .setMaxTasks(reply.integer(10))
            .setRates(rates(reply));
    if (reply.integer(11) > 0) {
      stats.setNextRunTime(Timestamps.fromMillis(reply.integer(11)));
    }
    addPriorities(stats, reply);
    return stats.build();
  }

  private static void addPriorities(StatsResponse.Builder stats, Reply reply) {
    List<String> firsts = new ArrayList<>();
    for (int i = 0; i < PRIORITIES; i++) {
      long count = reply.integer(PRIORITIES_AT + 2 * i);
      if (count > 0) {
        stats.addReadyByPriorityBuilder().setPriority(PRIORITIES - 1 - i).setCount(count);
      }
      firsts.add(reply.text(PRIORITIES_AT + 2 * i + 1));
    }
    firsts.stream()
        .filter(id -> !id.isEmpty())
        .mapToLong(id -> reply.integer(0) - Timestamps.toMillis(TaskId.time(id)))
        .max()
        .ifPresent(age -> stats.setOldestAge(Durations.fromMillis(Math.max(0, age))));
  }

  /** Of a minute that ends now: what this one has had, and the rest from the one before. */
  private static Rates rates(Reply reply) {
    double passed = (double) (reply.integer(0) % MINUTE_MILLIS) / MINUTE_MILLIS;
    double[] rates = new double[4];
    for (int i = 0; i < rates.length; i++) {
      double before = reply.integer(RATES_AT + 2 * i + 1) * (1 - passed);
      rates[i] = (reply.integer(RATES_AT + 2 * i) + before) / 60;
    }
    return Rates.newBuilder()
        .setEnqueued(rates[0])
        .setDone(rates[1])
        .setFailed(rates[2])
        .setDead(rates[3])
        .build();
  }

  /** Pauses a queue; says whether it is new. */
  CompletionStage<Boolean> pause(Scope scope, String queue) {
    return queues
        .names()
        .note(scope, queue, run(CONFIGURE, scope, queue, "paused", "1"))
        .thenApply(reply -> reply.flag(0));
  }

  /** Hands out tasks again; says whether it was paused. */
  CompletionStage<Boolean> resume(Scope scope, String queue) {
    return run(CONFIGURE, scope, queue, "paused", "").thenApply(reply -> reply.flag(1));
  }

  /** Sets the limits of a queue; says whether it is new. */
  CompletionStage<Boolean> configure(Scope scope, ConfigureRequest request) {
    String queue = request.getQueue();
    return queues
        .names()
        .note(
            scope,
            queue,
            run(
                CONFIGURE,
                scope,
                queue,
                "leases",
                orDefault(request.getMaxLeases()),
                "per_key",
                orDefault(request.getMaxLeasesPerKey()),
                "most",
                orDefault(request.getMaxTasks())))
        .thenApply(reply -> reply.flag(0));
  }

  private static Object orDefault(long number) {
    return number == 0 ? "" : number;
  }

  CompletionStage<PurgeResponse> purge(Scope scope, String queue, List<TaskState> states) {
    String letters = states.stream().map(States::letter).collect(Collectors.joining());
    return run(PURGE, scope, queue, letters, AT_ONCE)
        .thenApply(
            reply ->
                PurgeResponse.newBuilder()
                    .setPurged((int) reply.integer(0))
                    .setMore(reply.flag(1))
                    .build());
  }

  /**
   * Puts dead letters back to work; answers how many were.
   *
   * @param begins whether this is the first of several steps that keep to the rate together
   */
  CompletionStage<Integer> redrive(
      Scope scope, String queue, int perSecond, boolean begins, List<String> ids) {
    Object[] arguments = new Object[2 + ids.size()];
    arguments[0] = perSecond;
    arguments[1] = begins ? 1 : 0;
    for (int i = 0; i < ids.size(); i++) {
      arguments[2 + i] = ids.get(i);
    }
    return run(REDRIVE, scope, queue, arguments).thenApply(reply -> (int) reply.integer(0));
  }

  private CompletionStage<Reply> run(
      LuaScript script, Scope scope, String queue, Object... arguments) {
    return queues.scripts().run(script, scope, queues.keys(scope, queue).all(), arguments);
  }
}
