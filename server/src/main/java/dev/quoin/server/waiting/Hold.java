// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import io.grpc.Deadline;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * One Hold: stands in line, keeps the grant renewed, gives it back when the call ends.
 *
 * @param <R> type of its messages
 */
public final class Hold<R> {
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;

  private final Claim claim;
  private final HoldEvents<R> events;
  private final Timer timer;
  private final Call call;
  private final Sink<R> sink;
  private volatile Grant grant;
  private volatile boolean ended;

  /**
   * When the lease ends by this server's clock, counted from before the renewal was sent, so that
   * the caller is told of a loss no later than others can get the thing.
   */
  private volatile long leaseEnd;

  private volatile long renewAt;
  private volatile long place;
  private volatile long lastBeat = System.nanoTime();
  private Timeout next;

  public Hold(Claim claim, HoldEvents<R> events, Timer timer, Call call, Sink<R> sink) {
    this.claim = claim;
    this.events = events;
    this.timer = timer;
    this.call = call;
    this.sink = sink;
  }

  /** Asks for a new grant. */
  public void begin() {
    beatSoon();
    long sent = System.nanoTime();
    new Acquisition(claim, timer, call, this::waiting)
        .within(Acquisition.FOREVER)
        .whenComplete((standing, failure) -> decided(standing, failure, sent));
  }

  /** Goes on with a grant the caller has already. */
  public void resume() {
    long sent = System.nanoTime();
    claim
        .resume()
        .whenComplete(
            (renewed, failure) -> {
              if (failure != null) {
                fail(failure);
              } else {
                leaseFrom(sent);
                granted(renewed);
              }
            });
  }

  private void waiting(long newPlace) {
    place = newPlace;
    sink.conflate(events.waiting(newPlace));
  }

  private void decided(Standing standing, Throwable failure, long sent) {
    if (failure == null && standing.isGranted()) {
      leaseFrom(sent);
      if (System.nanoTime() - renewAt < 0) {
        granted(standing.grant());
      } else {
        confirm();
      }
    } else if (failure == null) {
      ended = true;
    } else if (Statuses.refusal(failure) instanceof Refusal refusal
        && refusal.reason() == ErrorReason.ERROR_REASON_SHUTTING_DOWN) {
      reconnect("");
    } else {
      fail(failure);
    }
  }

  /** When the grant was made is not known exactly: renew it before the caller relies on it. */
  private void confirm() {
    long sent = System.nanoTime();
    claim
        .renew(claim.scope())
        .whenComplete(
            (renewed, failure) -> {
              if (failure == null) {
                leaseFrom(sent);
                granted(renewed);
              } else if (lossBy(failure).isPresent() && !call.isCancelled()) {
                begin();
              } else {
                claim.giveBack();
                fail(failure);
              }
            });
  }

  private void granted(Grant won) {
    grant = won;
    sink.send(events.granted(won));
    call.onCancel(
        () -> {
          ended = true;
          claim.giveBack();
        });
    call.onDrain(this::leaveRunning);
    beatSoon();
  }

  /** Replaces the beat that was to come. */
  private synchronized void beatIn(long millis) {
    if (next != null) {
      next.cancel();
    }
    next = timer.newTimeout(t -> beat(), Math.max(1, millis), TimeUnit.MILLISECONDS);
  }

  private void beatSoon() {
    long untilRenewal =
        grant == null
            ? BEAT_MILLIS
            : 1 + TimeUnit.NANOSECONDS.toMillis(renewAt - System.nanoTime());
    beatIn(Math.min(BEAT_MILLIS, untilRenewal));
  }

  private void beat() {
    if (ended) {
      return;
    }
    if (grant != null && System.nanoTime() - renewAt >= 0) {
      renew();
    } else {
      heartbeat();
      beatSoon();
    }
  }

  private void renew() {
    long sent = System.nanoTime();
    renewal()
        .whenComplete(
            (renewed, failure) -> {
              if (ended) {
                return;
              }
              if (failure == null) {
                leaseFrom(sent);
                grant = renewed;
                heartbeat();
                beatSoon();
              } else {
                lossBy(failure).ifPresentOrElse(this::lost, this::renewAgain);
              }
            });
  }

  /** Redis did not answer: tries again as long as the lease may still run. */
  private void renewAgain() {
    long left = TimeUnit.NANOSECONDS.toMillis(leaseEnd - System.nanoTime());
    if (left <= 0) {
      // A renewal whose answer was lost may have made the lease longer.
      claim.giveBack();
      lost(Loss.of(Loss.Cause.EXPIRED));
    } else {
      if (System.nanoTime() - lastBeat >= TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS)) {
        heartbeat();
      }
      beatIn(Math.min(RETRY_MILLIS, left));
    }
  }

  private CompletionStage<Grant> renewal() {
    Deadline leaseEnds = Deadline.after(leaseEnd - System.nanoTime(), TimeUnit.NANOSECONDS);
    return claim.renew(new Scope(claim.scope().namespace(), leaseEnds));
  }

  /**
   * The server drains: the lease goes on, so that the caller can take it along to another server.
   */
  private void leaveRunning() {
    ended = true;
    renewal()
        .whenComplete(
            (renewed, failure) -> {
              Optional<Loss> loss = failure == null ? Optional.empty() : lossBy(failure);
              if (loss.isPresent()) {
                lost(loss.get());
              } else {
                call.onCancel(() -> {});
                reconnect(claim.token());
              }
            });
  }

  private void leaseFrom(long sentNanos) {
    long lease = TimeUnit.MILLISECONDS.toNanos(claim.leaseMillis());
    leaseEnd = sentNanos + lease;
    renewAt = sentNanos + Math.min(lease / 3, TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS));
  }

  private Optional<Loss> lossBy(Throwable failure) {
    return Statuses.refusal(failure) instanceof Refusal refusal
        ? claim.lossBy(refusal)
        : Optional.empty();
  }

  /** While waiting the place is told once more instead. */
  private void heartbeat() {
    lastBeat = System.nanoTime();
    if (grant != null) {
      sink.conflate(events.heartbeat(grant.expireMillis()));
    } else if (place > 0) {
      waiting(place);
    }
  }

  private void lost(Loss loss) {
    ended = true;
    call.onCancel(() -> {});
    sink.send(events.lost(loss));
    sink.complete();
  }

  private void reconnect(String token) {
    ended = true;
    sink.send(events.reconnect(token));
    sink.complete();
  }

  private void fail(Throwable failure) {
    ended = true;
    sink.fail(failure);
  }
}
