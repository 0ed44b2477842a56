// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** A command and who waits for its answer. */
final class PendingCommand<T> implements BiConsumer<T, Throwable> {
  private static final long CONNECT_PAUSE_MILLIS = 25;

  final CommandProfile profile;

  /** Where it waits; the queue's. */
  Lane lane;

  /** Since when it waits; the queue's. */
  long since;

  /** What the queue counts for it. */
  long bytes;

  private final RequestContext scope;
  private final Redis.Sending<T> command;
  private final CompletableFuture<T> answer;
  private final Consumer<? super T> late;
  private final Timer timer;
  private int attemptsLeft;
  private Timeout alarm;
  private CommandQueue queue;

  /** Another who waits for the same answer. */
  private PendingCommand<T> other;

  /**
   * @param attempts how often it is tried again when it could not be sent
   * @param late takes an answer that comes after the wait has ended
   */
  PendingCommand(
      CommandProfile profile,
      RequestContext scope,
      Redis.Sending<T> command,
      CompletableFuture<T> answer,
      Consumer<? super T> late,
      Timer timer,
      int attempts) {
    this.profile = profile;
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
            t -> answer.completeExceptionally(CommandTimeouts.pastDeadline()),
            millis,
            TimeUnit.MILLISECONDS);
  }

  /** Lets another have the answer of this one, too. */
  @SuppressWarnings("unchecked")
  void join(PendingCommand<?> same) {
    PendingCommand<T> joining = (PendingCommand<T>) same;
    joining.other = other;
    other = joining;
  }

  /** Whether somebody waits for the answer; what goes first is done in any case. */
  boolean isWanted() {
    for (PendingCommand<T> one = this; one != null; one = one.other) {
      if (one.profile.first() || !one.answer.isDone() && !one.scope.gone().getAsBoolean()) {
        return true;
      }
    }
    return false;
  }

  /** What it has in common with other commands of the same call. */
  Object caller() {
    Object caller = scope.caller();
    return caller == null ? this : caller;
  }

  /** The next of those that wait for the same answer. */
  PendingCommand<?> other() {
    return other;
  }

  void send(CommandQueue over) {
    queue = over;
    try {
      command.send(over.commands(), this);
    } catch (RuntimeException e) {
      accept(null, e);
    }
  }

  /** The answer is there. */
  @Override
  public void accept(T value, Throwable failure) {
    queue.leave(this);
    if (failure != null && attemptsLeft > 0 && Failures.wasNotSent(failure) && isWanted()) {
      attemptsLeft--;
      timer.newTimeout(t -> queue.ask(this), CONNECT_PAUSE_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    settle(value, failure == null ? null : Failures.of(failure));
  }

  /**
   * It cannot be sent in time.
   *
   * @param silent whether Redis has not answered for long; otherwise there is too much to do
   */
  void refuse(boolean silent) {
    if (silent) {
      settle(
          null, ApiException.storeUnavailable("Redis does not answer", Failures.NotSent.INSTANCE));
      return;
    }
    settle(
        null,
        new ApiException(
            ErrorReason.ERROR_REASON_OVERLOADED,
            "more is under way to Redis than this server allows; nothing was changed, call again"));
  }

  /** It was not sent, and nobody waits for it. */
  void drop() {
    settle(
        null,
        new ApiException(
            ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
            "nobody waits any longer",
            Map.of(),
            Failures.NotSent.INSTANCE));
  }

  private void settle(T value, Throwable failure) {
    for (PendingCommand<T> one = this; one != null; one = one.other) {
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
