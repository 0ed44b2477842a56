// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Outcomes;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.RetryUntil;
import dev.quoin.server.redis.Scripts;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.stream.Stream;

/** Tasks in Redis: how they are added, leased and given back. */
final class QueueStore {
  private static final LuaScript ENQUEUE = LuaScript.load("queues/enqueue");
  private static final LuaScript LEASE = LuaScript.load("queues/lease");
  private static final LuaScript GIVE_BACK = LuaScript.load("queues/give_back");
  private static final LuaScript RELEASE = LuaScript.load("queues/release");
  private static final LuaScript WAKE = LuaScript.load("queues/wake");
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int LISTED_DAYS = 40;
  private static final int MOST_GIVEN_BACK = 500;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final String server;
  private final NameIndex names;
  private final LostCalls lost;
  private BiConsumer<String, String> use = (namespace, queue) -> {};

  /** The number of the last call; those of two servers lie far apart. */
  private final AtomicLong calls = new AtomicLong(new SecureRandom().nextLong() >>> 1);

  /**
   * @param server the name under which this server is told of tasks
   */
  QueueStore(Scripts scripts, Keyspace keyspace, String server) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.server = server;
    this.names = new NameIndex(scripts, keyspace, Duration.ofDays(LISTED_DAYS));
    this.lost = new LostCalls(scripts);
  }

  /** Whether this server wants to hear of tasks that come after those it has leased. */
  enum Hints {
    NONE,
    IF_TOO_FEW,
    IF_NO_MORE
  }

  /**
   * What a queue had to give.
   *
   * @param leases the tasks
   * @param more whether there is more to be had now
   * @param nextMillis in how many ms there may be more, -1 if nobody knows
   */
  record Leased(List<Lease> leases, boolean more, long nextMillis) {}

  Scripts scripts() {
    return scripts;
  }

  NameIndex names() {
    return names;
  }

  String server() {
    return server;
  }

  QueueKeys keys(RequestContext scope, String queue) {
    return QueueKeys.of(keyspace, scope.namespace(), queue);
  }

  /** Has somebody told of the queues that are used. */
  void watchUse(BiConsumer<String, String> watcher) {
    use = watcher;
  }

  /** Adds tasks: all of them or none. */
  CompletionStage<List<EnqueueResponse>> enqueue(RequestContext scope, EnqueueCommand batch) {
    QueueKeys keys = keys(scope, batch.queue());
    use.accept(scope.namespace(), batch.queue());
    String[] all = keys.and(keys.dedup(), keys.request(batch.once().id()));
    return names
        .record(scope, batch.queue(), scripts.run(ENQUEUE, scope, all, batch.arguments()))
        .thenApply(QueueStore::added);
  }

  private static List<EnqueueResponse> added(Reply reply) {
    List<EnqueueResponse> answers = new ArrayList<>();
    while (reply.hasMore()) {
      answers.add(
          EnqueueResponse.newBuilder().setTaskId(reply.text()).setDuplicate(reply.flag()).build());
    }
    return answers;
  }

  /** Leases tasks; what the caller does not hear of, or hears of too late, goes back. */
  CompletionStage<Leased> lease(
      RequestContext scope, String queue, int most, Terms terms, Hints hints) {
    QueueKeys keys = keys(scope, queue);
    use.accept(scope.namespace(), queue);
    String call = Long.toUnsignedString(calls.incrementAndGet(), Character.MAX_RADIX);
    String holder = (hints == Hints.NONE ? "-" : server) + '/' + call;
    return scripts
        .run(
            LEASE,
            scope,
            keys.and(keys.lease(terms.once().id())),
            late -> {
              lost.remove(keys, call);
              giveBack(scope, leased(queue, holder, late).leases());
            },
            most,
            terms.leaseMillis(),
            holder,
            hints.ordinal(),
            terms.once().digest())
        .whenComplete(
            (reply, failure) -> {
              if (failure != null && Outcomes.isUnknown(failure)) {
                lost.add(scope, keys, call);
              }
            })
        .thenApply(reply -> leased(queue, holder, reply));
  }

  private static Leased leased(String queue, String holder, Reply reply) {
    boolean more = reply.flag();
    long nextMillis = reply.integer();
    List<Lease> leases = new ArrayList<>();
    while (reply.hasMore()) {
      leases.add(Lease.next(queue, holder, reply));
    }
    return new Leased(leases, more, nextMillis);
  }

  /** Gives back what was, or will be, leased for a request; answers how many tasks that were. */
  CompletionStage<Integer> release(RequestContext scope, String queue, String requestId) {
    QueueKeys keys = keys(scope, queue);
    return scripts.run(RELEASE, scope, keys.and(keys.lease(requestId))).thenApply(Reply::count);
  }

  /** Gives tasks back that nobody has begun, however long Redis is away. */
  void giveBack(RequestContext scope, List<Lease> leases) {
    leases.stream()
        .map(Lease::ref)
        .map(LeaseRef::queue)
        .distinct()
        .forEach(
            queue ->
                giveBack(
                    scope,
                    queue,
                    leases.stream()
                        .filter(lease -> lease.ref().queue().equals(queue))
                        .map(lease -> new Held(lease.ref(), false, lease.holder()))
                        .toList()));
  }

  /** Gives tasks of one queue back, however long Redis is away. */
  void giveBack(RequestContext scope, String queue, List<Held> tasks) {
    for (int from = 0; from < tasks.size(); from += MOST_GIVEN_BACK) {
      List<Held> some = tasks.subList(from, Math.min(from + MOST_GIVEN_BACK, tasks.size()));
      Object[] arguments = some.stream().flatMap(Held::arguments).toArray();
      RetryUntil.run(
          scripts.redis().timer(),
          PATIENCE,
          () -> scripts.run(GIVE_BACK, scope.detached(), keys(scope, queue).all(), arguments));
    }
  }

  /** Passes a hint on to another server. */
  CompletionStage<Reply> passOn(RequestContext scope, String queue) {
    return scripts.run(WAKE, scope.detached(), keys(scope, queue).all(), server);
  }

  /**
   * A task a worker has.
   *
   * @param begun whether the worker has begun with it
   * @param holder who has it as Redis knows it: another one's lease stays; empty for whoever it is
   */
  record Held(LeaseRef ref, boolean begun, String holder) {
    Stream<Object> arguments() {
      return Stream.of(ref.taskId(), ref.token(), begun ? 1 : 0, holder);
    }
  }
}
