// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.Scope;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** This server's copies of groups: of those that are watched, and of some that are asked for. */
final class Replicas {
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  /** Groups that nobody watches are copied as long as all copies together are smaller than this. */
  private static final long COPIED_BYTES = 64L << 20;

  private static final int COPIED = 10_000;

  private final Channels channels;
  private final Timer timer;
  private final Duration linger;
  private final Map<String, Entry<?>> entries = new ConcurrentHashMap<>();
  private final AtomicLong bytes = new AtomicLong();

  /** A copy and how many bytes of it are counted. */
  private static final class Entry<T> {
    final Replica<T> replica;
    long counted;
    boolean closed;

    Entry(Source<T> source, Replicas owner) {
      replica = new Replica<>(source, owner.channels, owner.timer, changed -> owner.count(this));
    }
  }

  /**
   * @param linger how long a copy is kept that nobody uses
   */
  Replicas(Channels channels, Timer timer, Duration linger) {
    this.channels = channels;
    this.timer = timer;
    this.linger = linger;
  }

  /** Begins a watch; it ends when it is told to {@link Watch#end}. */
  <T> void watch(Source<T> source, Watch<T, ?> watch) {
    Replica<T> replica = replica(source, watch);
    watch.attach(replica);
    replica.begin(watch);
  }

  /**
   * The group as it was at most so long ago; empty when no copy of it can be had here: ask Redis.
   */
  <T> Optional<CompletionStage<Copy<T>>> copy(Scope scope, Source<T> source, Duration age) {
    if (age.isZero()
        || (!entries.containsKey(source.channel())
            && (bytes.get() > COPIED_BYTES || entries.size() > COPIED))) {
      return Optional.empty();
    }
    return Optional.of(inTime(scope, replica(source, null).within(age)));
  }

  /** How many groups are copied. */
  int size() {
    return entries.size();
  }

  @SuppressWarnings("unchecked") // A channel is of one kind of group.
  private <T> Replica<T> replica(Source<T> source, Watch<T, ?> watch) {
    Entry<?> entry =
        entries.compute(
            source.channel(),
            (channel, open) -> {
              Entry<?> used = open != null ? open : open(source);
              used.replica.use();
              if (watch != null) {
                ((Replica<T>) used.replica).add(watch);
              }
              return used;
            });
    return (Replica<T>) entry.replica;
  }

  private <T> Entry<T> open(Source<T> source) {
    Entry<T> entry = new Entry<>(source, this);
    closeLater(entry);
    return entry;
  }

  private void closeLater(Entry<?> entry) {
    timer.newTimeout(t -> closeIfIdle(entry), linger.toMillis(), TimeUnit.MILLISECONDS);
  }

  private void closeIfIdle(Entry<?> entry) {
    Entry<?> left =
        entries.computeIfPresent(
            entry.replica.channel(),
            (channel, open) -> {
              if (!open.replica.isIdle(linger)) {
                return open;
              }
              open.replica.stop();
              return null;
            });
    if (left != null) {
      closeLater(entry);
      return;
    }
    synchronized (entry) {
      bytes.addAndGet(-entry.counted);
      entry.counted = 0;
      entry.closed = true;
    }
  }

  private void count(Entry<?> entry) {
    synchronized (entry) {
      if (entry.closed) {
        // A read was under way when it was closed.
        return;
      }
      long now = entry.replica.bytes();
      bytes.addAndGet(now - entry.counted);
      entry.counted = now;
    }
  }

  /** Fails just before the deadline of the call, as a command would. */
  private <C> CompletionStage<C> inTime(Scope scope, CompletionStage<C> read) {
    CompletableFuture<C> known = read.toCompletableFuture();
    if (scope.deadline() == null || known.isDone()) {
      return read;
    }
    long left = scope.deadline().timeRemaining(TimeUnit.MILLISECONDS);
    long patience = Math.max(1, left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10));
    CompletableFuture<C> answer = new CompletableFuture<>();
    Timeout alarm =
        timer.newTimeout(
            t -> answer.completeExceptionally(Refusal.storeUnavailable("Redis did not answer")),
            patience,
            TimeUnit.MILLISECONDS);
    known.whenComplete(
        (copy, failure) -> {
          alarm.cancel();
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else {
            answer.complete(copy);
          }
        });
    return answer;
  }
}
