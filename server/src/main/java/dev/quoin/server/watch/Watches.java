// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.PubSub;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.SharedSubscriptions;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Streams that tell the latest state of something and every change of it: a caller hears the
 * present state first. A slow one is told only the newest, and nothing is kept for it. A feature
 * says how its state is loaded ({@link Watched}) and how it is told ({@link Reader}).
 *
 * @param <S> the state
 */
public final class Watches<S> {
  private static final long DEADLINE_MARGIN_MILLIS = 100;
  private static final Copies<Object> NO_COPIES = new Copies<>(state -> 0, 0, 0);

  private final PubSub pubSub;
  private final Timer timer;
  private final WatchSettings settings;
  private final Copies<? super S> copies;
  private final SharedSubscriptions<SharedState<S>> open;

  public Watches(PubSub pubSub, Timer timer, WatchSettings settings) {
    this(pubSub, timer, settings, NO_COPIES);
  }

  /**
   * @param copies bounds the states that are kept to be read again and not watched
   */
  public Watches(PubSub pubSub, Timer timer, WatchSettings settings, Copies<? super S> copies) {
    this.pubSub = pubSub;
    this.timer = timer;
    this.settings = settings;
    this.copies = copies;
    this.open = new SharedSubscriptions<>(timer, settings.lingerMillis());
  }

  /** Serves a stream: it ends with its call, with its last state, or before a drain. */
  public <R> void open(
      Watched<S> watched, Reader<S, R> reader, Call call, ResponseStream<R> responses) {
    Opening<R> opening = new Opening<>(reader, responses);
    SharedState<S> shared = open.join(watched.channel(), c -> state(watched), opening::join);
    responses.onReady(opening.watch::pump);
    call.onCancel(opening.watch::end);
    shared.begin(opening.watch);
    call.onDrain(opening.watch::reconnect);
  }

  /**
   * The state as it was at most so long ago; empty when no copy of it may be kept here, so that it
   * has to be read from Redis.
   */
  public Optional<CompletionStage<S>> read(RequestContext scope, Watched<S> watched, Duration age) {
    if (age.isZero() || copies.areFull(open.size()) && open.get(watched.channel()) == null) {
      return Optional.empty();
    }
    SharedState<S> shared = open.join(watched.channel(), c -> state(watched), used -> {});
    return Optional.of(inTime(scope, shared.within(age.toNanos())));
  }

  /** Fails just before the deadline of the call, as a command would: the load is not only its. */
  private CompletionStage<S> inTime(RequestContext scope, CompletionStage<S> load) {
    CompletableFuture<S> known = load.toCompletableFuture();
    if (scope.deadline() == null || known.isDone()) {
      return load;
    }
    long left = scope.deadline().timeRemaining(TimeUnit.MILLISECONDS);
    long patience = Math.max(1, left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10));
    CompletableFuture<S> answer = new CompletableFuture<>();
    Timeout alarm =
        timer.newTimeout(
            t ->
                answer.completeExceptionally(ApiException.storeUnavailable("Redis did not answer")),
            patience,
            TimeUnit.MILLISECONDS);
    known.whenComplete(
        (state, failure) -> {
          alarm.cancel();
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else {
            answer.complete(state);
          }
        });
    return answer;
  }

  /** How many states are watched or kept. */
  public int size() {
    return open.size();
  }

  private SharedState<S> state(Watched<S> watched) {
    return new SharedState<>(watched, settings, pubSub, timer, copies);
  }

  /** Makes the watch while the state is kept from being closed. */
  private final class Opening<R> {
    private final Reader<S, R> reader;
    private final ResponseStream<R> responses;
    private Watch<S, R> watch;

    Opening(Reader<S, R> reader, ResponseStream<R> responses) {
      this.reader = reader;
      this.responses = responses;
    }

    void join(SharedState<S> shared) {
      watch = new Watch<>(shared, reader, responses);
      shared.add(watch);
    }
  }
}
