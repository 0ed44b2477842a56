// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Counters in Redis. */
final class CounterStore {
  private static final LuaScript INCREMENT = LuaScript.load("counters/increment");
  private static final LuaScript ADD = LuaScript.load("counters/add");
  private static final LuaScript READ = LuaScript.load("counters/read");
  private static final LuaScript LOOK = LuaScript.load("counters/look");
  private static final LuaScript DELETE = LuaScript.load("counters/delete");

  /** Outcome of an increment that began a counter, and of one that is counted. */
  private static final String BEGAN = "+";

  private static final String COUNTED = "-";

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final NameIndex index;
  private final CounterShape shape;

  CounterStore(Scripts scripts, Keyspace keyspace, CounterShape shape) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.shape = shape;
    this.index = new NameIndex(scripts, keyspace, shape.id(), shape.kept());
  }

  /**
   * What became of increments.
   *
   * @param second the second of those that happen now
   * @param refusals for each the reason why it is not counted, or null
   */
  record Outcome(long second, List<String> refusals) {}

  /** Adds to a counter in the present second. */
  CompletionStage<Outcome> increment(RequestContext scope, String name, long delta) {
    CounterKeys keys = keys(scope, name);
    return recorded(
        scope,
        name,
        scripts.run(INCREMENT, scope, new String[] {keys.series()}, delta, shape.text()));
  }

  /** Adds to a counter. */
  CompletionStage<Outcome> add(RequestContext scope, String name, Increments increments) {
    CounterKeys keys = keys(scope, name);
    return recorded(
        scope,
        name,
        scripts.run(
            ADD,
            scope,
            new String[] {keys.series(), keys.request(increments.once().id())},
            increments.arguments()));
  }

  /** The slices of a precision, given by its place. */
  CompletionStage<List<CounterSeries.Slice>> get(
      RequestContext scope, String name, int precision, CounterSeries.Range range) {
    int ring = shape.ring(precision);
    return scripts
        .run(
            READ,
            scope,
            new String[] {keys(scope, name).series()},
            CounterShape.RINGS,
            ring,
            ring + shape.ringBytes() - 1)
        .thenApply(
            reply ->
                new CounterSeries(shape, reply.integer(), reply.bytes())
                    .slices(precision, ByteBuffer.wrap(reply.bytes()), range));
  }

  /** The channel on which changes of a counter are told. */
  String channel(RequestContext scope, String name) {
    return keys(scope, name).series();
  }

  /** Reads a counter and has its next change told on its channel. */
  CompletionStage<CounterView> look(RequestContext scope, String name, long keepMillis) {
    return scripts
        .run(LOOK, scope, new String[] {channel(scope, name)}, keepMillis)
        .thenApply(reply -> new CounterView(shape, reply.integer(), reply.bytes()));
  }

  /** The names of counters. */
  CompletionStage<NameIndex.Page> list(
      RequestContext scope, String prefix, int size, String token) {
    return index.list(scope, prefix, size, token);
  }

  /** Forgets a counter; tells whether there was one. */
  CompletionStage<Boolean> delete(RequestContext scope, String name) {
    return scripts
        .run(DELETE, scope, new String[] {keys(scope, name).series()})
        .thenCombine(index.forget(scope, name), (reply, forgotten) -> reply.flag());
  }

  /** Reads the answer and sees to it that the counter is listed. */
  private CompletionStage<Outcome> recorded(
      RequestContext scope, String name, CompletionStage<Reply> reply) {
    return reply.thenCompose(
        answer -> {
          long second = answer.integer();
          List<String> refusals = new ArrayList<>();
          boolean began = false;
          boolean counted = false;
          while (answer.hasMore()) {
            String outcome = answer.text();
            began |= outcome.equals(BEGAN);
            counted |= outcome.equals(COUNTED);
            refusals.add(outcome.equals(BEGAN) || outcome.equals(COUNTED) ? null : outcome);
          }
          Outcome outcome = new Outcome(second, refusals);
          if (!began && !counted) {
            return CompletableFuture.completedFuture(outcome);
          }
          return began
              ? index.add(scope, name).thenApply(done -> outcome)
              : index.record(scope, name, CompletableFuture.completedFuture(outcome));
        });
  }

  private CounterKeys keys(RequestContext scope, String name) {
    return CounterKeys.of(keyspace, scope.namespace(), name, shape.id());
  }
}
