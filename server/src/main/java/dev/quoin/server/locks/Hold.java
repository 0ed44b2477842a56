// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.HoldResponse.Lost;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.Standing;
import io.grpc.Deadline;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** One Hold: stands in line, keeps the lock renewed, gives it back when the call ends. */
final class Hold {
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;

  private final LockStore locks;
  private final Timer timer;
  private final Demand demand;
  private final Call call;
  private final Sink<HoldResponse> sink;
  private volatile Grant grant;
  private volatile boolean ended;

  /**
   * When the lease ends by this server's clock, counted from before the renewal was sent, so that
   * the caller is told of a loss no later than others can get the lock.
   */
  private volatile long leaseEnd;

  private volatile long renewAt;
  private volatile long place;
  private volatile long lastBeat = System.nanoTime();
  private Timeout next;

  Hold(LockStore locks, Timer timer, Demand demand, Call call, Sink<HoldResponse> sink) {
    this.locks = locks;
    this.timer = timer;
    this.demand = demand;
    this.call = call;
    this.sink = sink;
  }

  /** Asks for a new grant. */
  void begin() {
    beatSoon();
    long sent = System.nanoTime();
    new Acquisition(locks, timer, demand, call, this::waiting)
        .within(Acquisition.FOREVER)
        .whenComplete((standing, failure) -> decided(standing, failure, sent));
  }

  /** Goes on with a grant the caller has already. */
  void resume() {
    long sent = System.nanoTime();
    locks
        .resume(demand)
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
    sink.conflate(
        HoldResponse.newBuilder()
            .setWaiting(HoldResponse.Waiting.newBuilder().setPosition(newPlace))
            .build());
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
    locks
        .renew(demand, demand.scope())
        .whenComplete(
            (renewed, failure) -> {
              if (failure == null) {
                leaseFrom(sent);
                granted(renewed);
              } else if (isNotHeld(failure)) {
                begin();
              } else {
                locks.giveBack(demand);
                fail(failure);
              }
            });
  }

  private void granted(Grant won) {
    grant = won;
    sink.send(
        HoldResponse.newBuilder()
            .setGranted(
                HoldResponse.Granted.newBuilder()
                    .setToken(won.token())
                    .setFence(won.fence())
                    .setExpireTime(Timestamps.fromMillis(won.expireMillis())))
            .build());
    call.onCancel(
        () -> {
          ended = true;
          locks.giveBack(demand);
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
              } else if (isNotHeld(failure)) {
                lost(Lost.Reason.REASON_NOT_HELD);
              } else {
                renewAgain();
              }
            });
  }

  /** Redis did not answer: tries again as long as the lease may still run. */
  private void renewAgain() {
    long left = TimeUnit.NANOSECONDS.toMillis(leaseEnd - System.nanoTime());
    if (left <= 0) {
      // A renewal whose answer was lost may have made the lease longer.
      locks.giveBack(demand);
      lost(Lost.Reason.REASON_EXPIRED);
    } else {
      if (System.nanoTime() - lastBeat >= TimeUnit.MILLISECONDS.toNanos(BEAT_MILLIS)) {
        heartbeat();
      }
      beatIn(Math.min(RETRY_MILLIS, left));
    }
  }

  private CompletionStage<Grant> renewal() {
    Deadline leaseEnds = Deadline.after(leaseEnd - System.nanoTime(), TimeUnit.NANOSECONDS);
    return locks.renew(demand, new Scope(demand.scope().namespace(), leaseEnds));
  }

  /**
   * The server drains: the lease goes on, so that the caller can take it along to another server.
   */
  private void leaveRunning() {
    ended = true;
    renewal()
        .whenComplete(
            (renewed, failure) -> {
              if (failure != null && isNotHeld(failure)) {
                lost(Lost.Reason.REASON_NOT_HELD);
              } else {
                call.onCancel(() -> {});
                reconnect(demand.token());
              }
            });
  }

  private void leaseFrom(long sentNanos) {
    long lease = TimeUnit.MILLISECONDS.toNanos(demand.leaseMillis());
    leaseEnd = sentNanos + lease;
    renewAt = sentNanos + lease / 3;
  }

  private static boolean isNotHeld(Throwable failure) {
    return Statuses.refusal(failure) instanceof Refusal refusal
        && refusal.reason() == ErrorReason.ERROR_REASON_LOCK_NOT_HELD;
  }

  /** While waiting the place is told once more instead. */
  private void heartbeat() {
    lastBeat = System.nanoTime();
    if (grant != null) {
      sink.conflate(
          HoldResponse.newBuilder()
              .setHeartbeat(
                  HoldResponse.Heartbeat.newBuilder()
                      .setExpireTime(Timestamps.fromMillis(grant.expireMillis())))
              .build());
    } else if (place > 0) {
      waiting(place);
    }
  }

  private void lost(Lost.Reason reason) {
    ended = true;
    call.onCancel(() -> {});
    sink.send(HoldResponse.newBuilder().setLost(Lost.newBuilder().setReason(reason)).build());
    sink.complete();
  }

  private void reconnect(String token) {
    ended = true;
    sink.send(
        HoldResponse.newBuilder()
            .setReconnect(HoldResponse.Reconnect.newBuilder().setToken(token))
            .build());
    sink.complete();
  }

  private void fail(Throwable failure) {
    ended = true;
    sink.fail(failure);
  }
}
