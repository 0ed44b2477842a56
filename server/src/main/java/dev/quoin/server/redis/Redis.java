// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.netty.util.Timer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.ToLongFunction;

/**
 * Sends commands to Redis over a few connections that all calls share.
 *
 * <p>A command that was under way when a connection broke fails at once and is never sent again by
 * itself: whether it was carried out is for the caller to find out.
 */
public final class Redis implements AutoCloseable {
  private static final Attributes COMMAND =
      Attributes.of(AttributeKey.stringKey("db.system.name"), "redis");
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  private final Timer timer;
  private final CommandTimeouts usual;
  private final int attempts;
  private final Function<String, CommandQueue> queues;
  private final Function<String, CommandQueue> replicas;
  private final PubSub pubSub;
  private final Function<RequestContext, CompletionStage<Boolean>> alive;
  private final Runnable shutdown;

  /**
   * @param queues the connection that serves a key best; the key may be null
   * @param replicas the connection to replicas of what serves a key, or to that itself
   * @param attempts how often a command that could not be sent is tried again
   * @param alive tells whether all of Redis can be used
   */
  Redis(
      Timer timer,
      Duration timeout,
      int attempts,
      Function<String, CommandQueue> queues,
      Function<String, CommandQueue> replicas,
      PubSub pubSub,
      Function<RedisClusterAsyncCommands<String, byte[]>, CompletionStage<Boolean>> alive,
      Runnable shutdown) {
    this.timer = timer;
    this.usual = new CommandTimeouts(timer, timeout.toMillis());
    this.attempts = attempts;
    this.queues = queues;
    this.replicas = replicas;
    this.pubSub = pubSub;
    this.alive =
        scope ->
            ask(
                scope,
                null,
                CommandProfile.FIRST,
                (commands, answered) -> alive.apply(commands).whenComplete(answered),
                late -> {});
    this.shutdown = shutdown;
  }

  /** Hints between servers. */
  public PubSub pubSub() {
    return pubSub;
  }

  /** The clock for everything that waits: timeouts, heartbeats, renewals. */
  public Timer timer() {
    return timer;
  }

  /**
   * Whether Redis answers and, if it is a cluster, all of it can be used. Fails when it does not.
   */
  public CompletionStage<Boolean> alive() {
    return alive.apply(new RequestContext("", null));
  }

  /** What INFO says on every node that takes writes. */
  public CompletionStage<Map<String, Map<String, String>>> info() {
    return call(new RequestContext("-", null), RedisInfo::ask, late -> {});
  }

  /**
   * Sends a command and ends the wait for its answer at the command timeout with STORE_UNAVAILABLE,
   * or just before the scope's deadline, if that is first, with DEADLINE_EXCEEDED.
   *
   * @param late takes an answer that came after the wait had ended
   */
  public <T> CompletableFuture<T> call(
      RequestContext scope,
      Function<RedisClusterAsyncCommands<String, byte[]>, ? extends CompletionStage<T>> command,
      Consumer<? super T> late) {
    return ask(scope, null, command, late);
  }

  /**
   * As {@link #call}, with a command whose reply may be long.
   *
   * @param reply how long such replies are; learns from this one
   * @param bytes how long a reply is
   */
  public <T> CompletableFuture<T> read(
      RequestContext scope,
      ReplySize reply,
      Function<RedisClusterAsyncCommands<String, byte[]>, ? extends CompletionStage<T>> command,
      ToLongFunction<T> bytes) {
    return ask(
        scope,
        null,
        CommandProfile.reading(reply),
        (commands, answered) ->
            command
                .apply(commands)
                .whenComplete(
                    (value, failure) -> {
                      if (failure == null) {
                        reply.learn(bytes.applyAsLong(value), System.nanoTime());
                      }
                      answered.accept(value, failure);
                    }),
        late -> {});
  }

  private <T> CompletableFuture<T> ask(
      RequestContext scope,
      String key,
      Function<RedisClusterAsyncCommands<String, byte[]>, ? extends CompletionStage<T>> command,
      Consumer<? super T> late) {
    return ask(
        scope,
        key,
        CommandProfile.SMALL,
        (commands, answered) -> {
          Span span = scope.trace().begin("command", COMMAND);
          command
              .apply(commands)
              .whenComplete(
                  (value, failure) -> {
                    Trace.end(span, failure);
                    answered.accept(value, failure);
                  });
        },
        late);
  }

  /** Sends a command, on the connection that is given, and has its answer told. */
  interface Sending<T> {
    void send(
        RedisClusterAsyncCommands<String, byte[]> commands,
        BiConsumer<? super T, ? super Throwable> answered);
  }

  /**
   * As {@link #call}, with a command that tells its answer itself.
   *
   * @param key which part of Redis it is about; null if that does not matter
   */
  <T> CompletableFuture<T> ask(
      RequestContext scope,
      String key,
      CommandProfile profile,
      Sending<T> command,
      Consumer<? super T> late) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    PendingCommand<T> pending =
        new PendingCommand<>(profile, scope, command, answer, late, timer, attempts);
    long timeoutMillis = timeoutMillis(scope);
    if (timeoutMillis == usual.millis()) {
      usual.limit(answer);
    } else {
      pending.endAfter(timeoutMillis);
    }
    boolean fromReplicas = scope.replicas() && profile.read() != null;
    (fromReplicas ? replicas : queues).apply(key).ask(pending);
    return answer;
  }

  /**
   * Tells whoever listens to a channel, on the node that its hash tag belongs to.
   *
   * @return how many heard it
   */
  public CompletableFuture<Long> publish(RequestContext scope, String channel, byte[] message) {
    return ask(scope, channel, commands -> commands.spublish(channel, message), heard -> {});
  }

  private long timeoutMillis(RequestContext scope) {
    if (scope.deadline() == null) {
      return usual.millis();
    }
    long left = scope.deadline().timeRemaining(TimeUnit.MILLISECONDS);
    return Math.max(
        1, Math.min(usual.millis(), left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10)));
  }

  @Override
  public void close() {
    usual.end();
    shutdown.run();
  }
}
