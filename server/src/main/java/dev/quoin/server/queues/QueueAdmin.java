// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.ConfigureRequest;
import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.PurgeResponse;
import dev.quoin.queues.v1.Rates;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
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
  private static final int PRIORITIES = 10;
  private static final long MINUTE_MILLIS = 60_000;

  private final QueueStore queues;

  QueueAdmin(QueueStore queues) {
    this.queues = queues;
  }

  /** How a queue was before its settings were changed. */
  private record Configured(boolean isNew, boolean wasPaused) {}

  CompletionStage<GetStatsResponse> stats(RequestContext scope, String queue) {
    return run(STATS, scope, queue).thenApply(QueueAdmin::stats);
  }

  private static GetStatsResponse stats(Reply reply) {
    long now = reply.integer();
    long ready = reply.integer();
    long heldBack = reply.integer();
    GetStatsResponse.Builder stats =
        GetStatsResponse.newBuilder()
            .setReadyCount(ready + heldBack)
            .setHeldBackCount(heldBack)
            .setDelayedCount(reply.integer())
            .setLeasedCount(reply.integer())
            .setDeadCount(reply.integer())
            .setFinishedCount(reply.integer())
            .setPaused(reply.flag())
            .setMaxLeases(reply.integer())
            .setMaxLeasesPerKey(reply.integer())
            .setMaxTasks(reply.integer());
    long nextRun = reply.integer();
    if (nextRun > 0) {
      stats.setNextRunTime(Timestamps.fromMillis(nextRun));
    }
    stats.setRates(rates(now, reply));
    addPriorities(stats, now, reply);
    return stats.build();
  }

  private static void addPriorities(GetStatsResponse.Builder stats, long now, Reply reply) {
    List<String> firsts = new ArrayList<>();
    for (int i = 0; i < PRIORITIES; i++) {
      long count = reply.integer();
      if (count > 0) {
        stats.addReadyByPriorityBuilder().setPriority(PRIORITIES - 1 - i).setCount(count);
      }
      firsts.add(reply.text());
    }
    firsts.stream()
        .filter(id -> !id.isEmpty())
        .mapToLong(id -> now - Timestamps.toMillis(TaskId.time(id)))
        .max()
        .ifPresent(age -> stats.setOldestAge(Durations.fromMillis(Math.max(0, age))));
  }

  /** Of a minute that ends now: what this one has had, and the rest from the one before. */
  private static Rates rates(long now, Reply reply) {
    double left = 1 - (double) (now % MINUTE_MILLIS) / MINUTE_MILLIS;
    return Rates.newBuilder()
        .setEnqueuedPerSecond(rate(left, reply))
        .setDonePerSecond(rate(left, reply))
        .setFailedPerSecond(rate(left, reply))
        .setDeadPerSecond(rate(left, reply))
        .build();
  }

  private static double rate(double left, Reply reply) {
    long inThisMinute = reply.integer();
    return (inThisMinute + reply.integer() * left) / 60;
  }

  /** Pauses a queue; says whether it is new. */
  CompletionStage<Boolean> pause(RequestContext scope, String queue) {
    return queues
        .names()
        .record(scope, queue, configure(scope, queue, "paused", "1"))
        .thenApply(Configured::isNew);
  }

  /** Hands out tasks again; says whether it was paused. */
  CompletionStage<Boolean> resume(RequestContext scope, String queue) {
    return configure(scope, queue, "paused", "").thenApply(Configured::wasPaused);
  }

  /** Sets the limits of a queue; says whether it is new. */
  CompletionStage<Boolean> configure(RequestContext scope, ConfigureRequest request) {
    String queue = request.getQueue();
    return queues
        .names()
        .record(
            scope,
            queue,
            configure(
                scope,
                queue,
                "leases",
                orDefault(request.getMaxLeases()),
                "per_key",
                orDefault(request.getMaxLeasesPerKey()),
                "most",
                orDefault(request.getMaxTasks())))
        .thenApply(Configured::isNew);
  }

  private CompletionStage<Configured> configure(
      RequestContext scope, String queue, Object... settings) {
    return run(CONFIGURE, scope, queue, settings)
        .thenApply(reply -> new Configured(reply.flag(), reply.flag()));
  }

  private static Object orDefault(long number) {
    return number == 0 ? "" : number;
  }

  CompletionStage<PurgeResponse> purge(RequestContext scope, String queue, List<TaskState> states) {
    String letters = states.stream().map(States::letter).collect(Collectors.joining());
    return run(PURGE, scope, queue, letters, AT_ONCE)
        .thenApply(
            reply ->
                PurgeResponse.newBuilder().setPurged(reply.count()).setMore(reply.flag()).build());
  }

  /**
   * Puts dead letters back to work; answers how many were.
   *
   * @param begins whether this is the first of several steps that keep to the rate together
   */
  CompletionStage<Integer> redrive(
      RequestContext scope, String queue, int perSecond, boolean begins, List<String> ids) {
    Arguments arguments = Arguments.of(perSecond, begins ? 1 : 0).addAll(ids);
    return run(REDRIVE, scope, queue, arguments.toArray()).thenApply(Reply::count);
  }

  private CompletionStage<Reply> run(
      LuaScript script, RequestContext scope, String queue, Object... arguments) {
    return queues.scripts().run(script, scope, queues.keys(scope, queue).all(), arguments);
  }
}
