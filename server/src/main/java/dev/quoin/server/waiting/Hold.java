// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import com.google.protobuf.Message;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import io.grpc.Deadline;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * One Hold: waits in the queue, keeps the grant renewed, gives it back when the call ends.
 *
 * @param <R> type of its messages
 */
final class Hold<R extends Message> {
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;

  private final Leases leases;
  private final LeaseRequest request;
  private final HoldEvents<R> events;
  private final Timer timer;
  private final Call call;
  private final ResponseStream<R> responses;
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
  private boolean counted;

  Hold(
      Leases leases,
      LeaseRequest request,
      HoldEvents<R> events,
      Call call,
      ResponseStream<R> responses) {
    this.leases = leases;
    this.request = request;
    this.events = events;
    this.timer = leases.timer();
    this.call = call;
    this.responses = responses;
  }

  /** Asks for a new grant. */
  void begin() {
    beatSoon();
    long sent = System.nanoTime();
    new Acquisition(leases, request, call::onCancel, call::onDrain, call::waits, this::waiting)
        .within(Acquisition.FOREVER)
        .whenComplete((result, failure) -> decided(result, failure, sent));
  }

  /** Goes on with a grant the caller has already. */
  void resume() {
    long sent = System.nanoTime();
    leases
        .takeOver(request)
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
    responses.conflate(events.waiting(newPlace));
  }

  private void decided(AcquireResult result, Throwable failure, long sent) {
    if (failure == null && result.isGranted()) {
      leaseFrom(sent);
      if (System.nanoTime() - renewAt < 0) {
        granted(result.grant());
      } else {
        confirm();
      }
    } else if (failure == null) {
      end();
    } else if (ErrorMapper.refusal(failure) instanceof ApiException refusal
        && refusal.reason() == ErrorReason.ERROR_REASON_SHUTTING_DOWN) {
      reconnect("");
    } else {
      fail(failure);
    }
  }

  /** When the grant was made is not known exactly: renew it before the caller relies on it. */
  private void confirm() {
    long sent = System.nanoTime();
    leases
        .renew(request, request.scope())
        .whenComplete(
            (renewed, failure) -> {
              if (failure == null) {
                leaseFrom(sent);
                granted(renewed);
              } else if (leases.lossBy(failure).isPresent() && !call.isCancelled()) {
                begin();
              } else {
                leases.giveBack(request);
                fail(failure);
              }
            });
  }

  private void granted(Grant won) {
    grant = won;
    count(true);
    responses.send(events.granted(won));
    call.onCancel(
        () -> {
          end();
          leases.giveBack(request);
        });
    call.onDrain(this::leaveRunning);
    beatSoon();
  }

  private void end() {
    ended = true;
    count(false);
  }

  /** Whether it is one of the leases that are held by streams of this server. */
  private synchronized void count(boolean holds) {
    if (counted != holds) {
      counted = holds;
      leases.held(request, holds);
    }
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
                leases.lossBy(failure).ifPresentOrElse(this::lost, this::renewAgain);
              }
            });
  }

  /** Redis did not answer: tries again as long as the lease may still run. */
  private void renewAgain() {
    long left = TimeUnit.NANOSECONDS.toMillis(leaseEnd - System.nanoTime());
    if (left <= 0) {
      // A renewal whose answer was lost may have made the lease longer.
      leases.giveBack(request);
      lost(LeaseLoss.of(LeaseLoss.Cause.EXPIRED));
    } else {
      if (System.nanoTime() - lastBeat >= TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS)) {
        heartbeat();
      }
      beatIn(Math.min(RETRY_MILLIS, left));
    }
  }

  private CompletionStage<Grant> renewal() {
    Deadline leaseEnds = Deadline.after(leaseEnd - System.nanoTime(), TimeUnit.NANOSECONDS);
    return leases.renew(request, new RequestContext(request.scope().namespace(), leaseEnds));
  }

  /**
   * The server drains: the lease goes on, so that the caller can take it along to another server.
   */
  private void leaveRunning() {
    end();
    renewal()
        .whenComplete(
            (renewed, failure) -> {
              Optional<LeaseLoss> loss =
                  failure == null ? Optional.empty() : leases.lossBy(failure);
              if (loss.isPresent()) {
                lost(loss.get());
              } else {
                call.onCancel(() -> {});
                reconnect(request.token());
              }
            });
  }

  private void leaseFrom(long sentNanos) {
    long lease = TimeUnit.MILLISECONDS.toNanos(request.leaseMillis());
    leaseEnd = sentNanos + lease;
    renewAt = sentNanos + Math.min(lease / 3, TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS));
  }

  /** While waiting the place is told once more instead. */
  private void heartbeat() {
    lastBeat = System.nanoTime();
    if (grant != null) {
      responses.conflate(events.heartbeat(grant.expireMillis()));
    } else if (place > 0) {
      waiting(place);
    }
  }

  private void lost(LeaseLoss loss) {
    end();
    call.onCancel(() -> {});
    responses.send(events.lost(loss));
    responses.complete();
  }

  private void reconnect(String token) {
    end();
    responses.send(events.reconnect(token));
    responses.complete();
  }

  private void fail(Throwable failure) {
    end();
    responses.fail(failure);
  }
}
