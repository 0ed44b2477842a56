// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Sends commands to Redis over a few connections that all calls share.
 *
 * <p>A command that was under way when a connection broke fails at once and is never sent again by
 * itself: whether it was carried out is for the caller to find out.
 */
public final class Redis implements AutoCloseable {
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  private static final long CONNECT_PAUSE_MILLIS = 25;

  private final Timer timer;
  private final Patience usual;
  private final int attempts;
  private final RedisClusterAsyncCommands<String, byte[]> anyCommands;
  private final Map<Thread, RedisClusterAsyncCommands<String, byte[]>> commandsOfThreads;
  private final Channels channels;
  private final Function<Scope, CompletionStage<Boolean>> alive;
  private final Supplier<List<Shard>> shards;
  private final Runnable shutdown;

  /**
   * @param anyCommands a connection for all threads
   * @param commandsOfThreads connections for the threads that have one of their own
   * @param attempts how often a command that could not be sent is tried again
   * @param alive tells whether all of Redis can be used
   * @param shards the nodes that share the keys, in an order of their own
   */
  Redis(
      Timer timer,
      Duration timeout,
      int attempts,
      RedisClusterAsyncCommands<String, byte[]> anyCommands,
      Map<Thread, RedisClusterAsyncCommands<String, byte[]>> commandsOfThreads,
      Channels channels,
      Function<RedisClusterAsyncCommands<String, byte[]>, CompletionStage<Boolean>> alive,
      Supplier<List<Shard>> shards,
      Runnable shutdown) {
    this.timer = timer;
    this.usual = new Patience(timer, timeout.toMillis());
    this.attempts = attempts;
    this.anyCommands = anyCommands;
    this.commandsOfThreads = commandsOfThreads;
    this.channels = channels;
    this.alive = scope -> call(scope, alive::apply, late -> {});
    this.shards = shards;
    this.shutdown = shutdown;
  }

  /**
   * One of the nodes that share the keys.
   *
   * @param id changes when other keys live there
   * @param connection connects to it, if need be
   */
  record Shard(
      String id,
      Supplier<? extends CompletionStage<RedisClusterAsyncCommands<String, byte[]>>> connection) {

    CompletionStage<RedisClusterAsyncCommands<String, byte[]>> commands() {
      return connection.get();
    }
  }

  /** The nodes that share the keys now, always in the same order. */
  List<Shard> shards() {
    return shards.get();
  }

  /** Hints between servers. */
  public Channels channels() {
    return channels;
  }

  /** The clock for everything that waits: timeouts, heartbeats, renewals. */
  public Timer timer() {
    return timer;
  }

  /**
   * Whether Redis answers and, if it is a cluster, all of it can be used. Fails when it does not.
   */
  public CompletionStage<Boolean> alive() {
    return alive.apply(new Scope("", null));
  }

  /**
   * Sends a command and ends the wait for its answer at the command timeout or just before the
   * scope's deadline, whichever is first, with STORE_UNAVAILABLE.
   *
   * @param late takes an answer that came after the wait had ended
   */
  public <T> CompletableFuture<T> call(
      Scope scope,
      Function<RedisClusterAsyncCommands<String, byte[]>, ? extends CompletionStage<T>> command,
      Consumer<? super T> late) {
    return ask(scope, (commands, answered) -> command.apply(commands).whenComplete(answered), late);
  }

  /** Sends a command, on the connection that is given, and has its answer told. */
  interface Sending<T> {
    void send(
        RedisClusterAsyncCommands<String, byte[]> commands,
        BiConsumer<? super T, ? super Throwable> answered);
  }

  /** As {@link #call}, with a command that tells its answer itself. */
  <T> CompletableFuture<T> ask(Scope scope, Sending<T> command, Consumer<? super T> late) {
    long patience = patience(scope);
    CompletableFuture<T> answer = new CompletableFuture<>();
    if (patience == usual.millis()) {
      usual.limit(answer);
      send(command, answer, null, late, attempts);
    } else {
      Timeout alarm =
          timer.newTimeout(
              t -> answer.completeExceptionally(Patience.exhausted(patience)),
              patience,
              TimeUnit.MILLISECONDS);
      send(command, answer, alarm, late, attempts);
    }
    return answer;
  }

  /**
   * Tells whoever listens to a channel, on the node that its hash tag belongs to.
   *
   * @return how many heard it
   */
  public CompletableFuture<Long> publish(Scope scope, String channel, byte[] message) {
    return call(scope, commands -> commands.spublish(channel, message), heard -> {});
  }

  private <T> void send(
      Sending<T> command,
      CompletableFuture<T> answer,
      Timeout alarm,
      Consumer<? super T> late,
      int attemptsLeft) {
    BiConsumer<T, Throwable> answered =
        (value, failure) -> {
          if (failure != null
              && attemptsLeft > 0
              && Failures.wasNotSent(failure)
              && !answer.isDone()) {
            timer.newTimeout(
                t -> send(command, answer, alarm, late, attemptsLeft - 1),
                CONNECT_PAUSE_MILLIS,
                TimeUnit.MILLISECONDS);
            return;
          }
          if (alarm != null) {
            alarm.cancel();
          }
          if (failure != null) {
            answer.completeExceptionally(Failures.of(failure));
          } else if (!answer.complete(value)) {
            late.accept(value);
          }
        };
    try {
      command.send(commandsOfThreads.getOrDefault(Thread.currentThread(), anyCommands), answered);
    } catch (RuntimeException e) {
      answered.accept(null, e);
    }
  }

  private long patience(Scope scope) {
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
