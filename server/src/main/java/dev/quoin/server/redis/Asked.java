// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A command and who waits for its answer. */
final class Asked<T> implements BiConsumer<T, Throwable> {
  private static final long CONNECT_PAUSE_MILLIS = 25;

  final Load load;

  /** Since when it waits; the gate's. */
  long since;

  /** What the gate counts for it. */
  long bytes;

  private final Scope scope;
  private final Redis.Sending<T> command;
  private final CompletableFuture<T> answer;
  private final Consumer<? super T> late;
  private final Timer timer;
  private int attemptsLeft;
  private Timeout alarm;
  private Gate gate;

  /** Another who waits for the same answer. */
  private Asked<T> other;

  /**
   * @param attempts how often it is tried again when it could not be sent
   * @param late takes an answer that comes after the wait has ended
   */
  Asked(
      Load load,
      Scope scope,
      Redis.Sending<T> command,
      CompletableFuture<T> answer,
      Consumer<? super T> late,
      Timer timer,
      int attempts) {
    this.load = load;
    this.scope = scope;
    this.command = command;
    this.answer = answer;
    this.late = late;
    this.timer = timer;
    this.attemptsLeft = attempts;
  }

  /** Ends the wait earlier than usual. */
  void endAfter(long millis) {
    alarm =
        timer.newTimeout(
            t -> answer.completeExceptionally(Patience.pastDeadline()),
            millis,
            TimeUnit.MILLISECONDS);
  }

  /** Lets another have the answer of this one, too. */
  @SuppressWarnings("unchecked")
  void join(Asked<?> same) {
    Asked<T> joining = (Asked<T>) same;
    joining.other = other;
    other = joining;
  }

  /** Whether somebody waits for the answer; what goes first is done in any case. */
  boolean isWanted() {
    for (Asked<T> one = this; one != null; one = one.other) {
      if (one.load.first() || !one.answer.isDone() && !one.scope.gone().getAsBoolean()) {
        return true;
      }
    }
    return false;
  }

  /** The next of those that wait for the same answer. */
  Asked<?> other() {
    return other;
  }

  void send(Gate over) {
    gate = over;
    try {
      command.send(over.commands(), this);
    } catch (RuntimeException e) {
      accept(null, e);
    }
  }

  /** The answer is there. */
  @Override
  public void accept(T value, Throwable failure) {
    gate.leave(this);
    if (failure != null && attemptsLeft > 0 && Failures.wasNotSent(failure) && isWanted()) {
      attemptsLeft--;
      timer.newTimeout(t -> gate.ask(this), CONNECT_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    settle(value, failure == null ? null : Failures.of(failure));
  }

  /** There is too much to do. */
  void refuse() {
    settle(
        null,
        new Refusal(
            ErrorReason.ERROR_REASON_OVERLOADED,
            "more is under way to Redis than this server allows; nothing was changed, call again"));
  }

  /** It was not sent, and nobody waits for it. */
  void drop() {
    settle(
        null, new Refusal(ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED, "nobody waits any longer"));
  }

  private void settle(T value, Throwable failure) {
    for (Asked<T> one = this; one != null; one = one.other) {
      if (one.alarm != null) {
        one.alarm.cancel();
      }
      if (failure != null) {
        one.answer.completeExceptionally(failure);
      } else {
        T own = one == this ? value : again(value);
        if (!one.answer.complete(own)) {
          one.late.accept(own);
        }
      }
    }
  }

  /** A reply is read in order: each who waits for it gets one of their own. */
  @SuppressWarnings("unchecked")
  private static <T> T again(T value) {
    return value instanceof Reply reply ? (T) reply.again() : value;
  }
}
