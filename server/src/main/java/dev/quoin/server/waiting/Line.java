// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
import dev.quoin.server.redis.Channels;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Callers of this server that wait for one thing. */
final class Line implements Channels.Listener {
  /** How often a line is looked after. A third of the time after which a server counts as dead. */
  private static final long TEND_MILLIS = 5_000;

  private static final long RETRY_MILLIS = 200;
  private static final long LINGER_MILLIS = 10_000;
  private static final int TENDED_AT_ONCE = 100;

  private final LineScripts scripts;
  private final Channels channels;
  private final Timer timer;
  private final Consumer<Line> closer;
  private final Map<String, Waiter> waiters = new LinkedHashMap<>();
  private CompletionStage<Void> listening;
  private boolean listens;
  private boolean lingers;
  private Timeout next;
  private long nextAt;

  Line(LineScripts scripts, Channels channels, Timer timer, Consumer<Line> closer) {
    this.scripts = scripts;
    this.channels = channels;
    this.timer = timer;
    this.closer = closer;
  }

  String channel() {
    return scripts.channel();
  }

  synchronized boolean isListening() {
    return listens;
  }

  synchronized boolean isEmpty() {
    return waiters.isEmpty();
  }

  synchronized void add(Waiter waiter) {
    waiters.put(waiter.token(), waiter);
    waiter.standsIn(this);
  }

  /** Stands in line once hints are heard, so that no grant can be missed. */
  void join(Waiter waiter) {
    CompletableFuture<Void> join = new CompletableFuture<>();
    waiter.joins(join);
    listen()
        .thenCompose(heard -> sendJoin(waiter))
        .whenComplete(
            (done, failure) -> {
              join.complete(null);
              if (failure != null) {
                refuse(waiter, failure);
              }
            });
  }

  /**
   * Leaves the line, after the join that may still be under way. Whether it got out of it, and with
   * a grant, is unknown when Redis is away: the caller is told so at once, and gets nothing.
   */
  void leave(Waiter waiter, boolean keep) {
    if (!remove(waiter)) {
      return;
    }
    waiter
        .end()
        .thenCompose(joined -> waiter.turn().leave(keep))
        .whenComplete(
            (standing, failure) -> {
              if (failure == null) {
                waiter.settle(standing);
              } else {
                waiter.turn().leave(false);
                waiter.fail(failure);
              }
            });
  }

  @Override
  public void hint(String payload) {
    int space = payload.indexOf(' ');
    Waiter waiter;
    synchronized (this) {
      waiter = waiters.get(space < 0 ? payload : payload.substring(0, space));
    }
    if (waiter == null) {
      return;
    }
    if (space < 0) {
      // A token alone: the waiter was taken out of the line, and joining tells why.
      joinAgain(waiter);
    } else {
      settle(waiter, Grant.fromHint(payload));
    }
  }

  @Override
  public void resubscribed() {
    joinAllAgain();
  }

  /** Hints may be lost, and so may be the line itself: every waiter takes its old place. */
  private void joinAllAgain() {
    List<Waiter> all;
    synchronized (this) {
      all = new ArrayList<>(waiters.values());
    }
    all.forEach(this::joinAgain);
  }

  void stopListening() {
    synchronized (this) {
      if (next != null) {
        next.cancel();
      }
    }
    channels.unsubscribe(channel());
  }

  private CompletionStage<Void> listen() {
    CompletionStage<Void> subscribed;
    synchronized (this) {
      if (listening != null) {
        return listening;
      }
      subscribed = channels.subscribe(channel(), this);
      listening = subscribed;
    }
    subscribed.whenComplete(
        (heard, failure) -> {
          synchronized (this) {
            listens = failure == null;
            if (failure != null) {
              listening = null;
            }
          }
        });
    return subscribed;
  }

  private CompletionStage<Standing> sendJoin(Waiter waiter) {
    return waiter
        .turn()
        .join(waiter.ticket())
        .whenComplete((standing, failure) -> joined(waiter, standing));
  }

  private void joined(Waiter waiter, Standing standing) {
    if (standing == null) {
      return;
    }
    if (waiter.isGranted() && standing.isGranted() && waiter.holds(standing.grant())) {
      return;
    }
    if (!stands(waiter)) {
      endUnwanted(waiter);
    } else if (standing.isGranted()) {
      settle(waiter, standing.grant());
    } else {
      waiter.moved(standing);
      tendIn(standing.leftMillis());
    }
  }

  /**
   * A wait that ended with a grant has joined once more, or hears only now that it had joined
   * before it was granted: leave the line, and give back any grant but the one it ended with. Who
   * gave up leaves by itself after its last join.
   */
  private static void endUnwanted(Waiter waiter) {
    if (!waiter.isGranted()) {
      return;
    }
    waiter
        .turn()
        .leave(true)
        .thenAccept(
            standing -> {
              if (standing.isGranted() && !waiter.holds(standing.grant())) {
                waiter.turn().leave(false);
              }
            });
  }

  private void joinAgain(Waiter waiter) {
    CompletableFuture<Void> join = new CompletableFuture<>();
    if (waiter.ticket() != 0 && waiter.joins(join)) {
      sendJoin(waiter)
          .whenComplete(
              (standing, failure) -> {
                join.complete(null);
                if (failure != null && isFinal(failure)) {
                  refuse(waiter, failure);
                } else if (failure != null) {
                  tendIn(RETRY_MILLIS);
                }
              });
    }
  }

  /** Whether the line itself has said no: joining again would be refused again. */
  private static boolean isFinal(Throwable failure) {
    return Statuses.refusal(failure) instanceof Refusal refusal
        && refusal.getCause() == null
        && !refusal.isPassing();
  }

  /** Whether it got into the line may be unknown: makes sure that it is out of it. */
  private void refuse(Waiter waiter, Throwable failure) {
    if (remove(waiter)) {
      waiter.turn().leave(false);
      waiter.fail(failure);
    }
  }

  private void settle(Waiter waiter, Grant grant) {
    synchronized (this) {
      if (!stands(waiter)) {
        return;
      }
      waiter.granted(grant);
    }
    remove(waiter);
    waiter.settle(Standing.granted(grant));
  }

  private boolean remove(Waiter waiter) {
    synchronized (this) {
      if (waiters.remove(waiter.token()) == null) {
        return false;
      }
      if (!waiters.isEmpty() || lingers) {
        return true;
      }
      lingers = true;
    }
    timer.newTimeout(t -> lingered(), LINGER_MILLIS, TimeUnit.MILLISECONDS);
    return true;
  }

  private void lingered() {
    synchronized (this) {
      lingers = false;
    }
    closer.accept(this);
  }

  /**
   * Looks after the line in so many milliseconds or at the usual time, whichever is first; 0 when
   * the thing is free and yet could not be handed over; less when there is more to hand over.
   */
  private void tendIn(long millis) {
    long delay = RETRY_MILLIS;
    if (millis != 0) {
      delay = millis > 0 ? Math.min(millis + 1, TEND_MILLIS) : 0;
    }
    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
    synchronized (this) {
      if (next != null && nextAt - at <= 0) {
        return;
      }
      if (next != null) {
        next.cancel();
      }
      nextAt = at;
      next = timer.newTimeout(t -> tend(), delay, TimeUnit.MILLISECONDS);
    }
  }

  private void tend() {
    List<Waiter> oldest = new ArrayList<>();
    synchronized (this) {
      next = null;
      for (Waiter waiter : waiters.values()) {
        if (oldest.size() == TENDED_AT_ONCE) {
          break;
        }
        if (waiter.ticket() != 0) {
          oldest.add(waiter);
        }
      }
    }
    if (oldest.isEmpty()) {
      return;
    }
    scripts
        .tend(oldest)
        .whenComplete(
            (tending, failure) -> {
              if (failure != null) {
                tendIn(RETRY_MILLIS);
              } else {
                tended(oldest, tending);
              }
            });
  }

  private void tended(List<Waiter> asked, LineScripts.Tending tending) {
    boolean outOfLine = false;
    for (int i = 0; i < asked.size(); i++) {
      Waiter waiter = asked.get(i);
      Grant grant = tending.grants().get(waiter.token());
      long place = tending.places().get(i);
      if (grant != null) {
        settle(waiter, grant);
      } else if (place > 0) {
        waiter.moved(place);
      } else if (stands(waiter)) {
        // A hint was lost and the grant has run out since, or Redis lost the line, or this server
        // was taken for dead: then the others are out of the line, too.
        outOfLine = true;
      }
    }
    if (outOfLine) {
      joinAllAgain();
    }
    tendIn(tending.leftMillis());
  }

  private synchronized boolean stands(Waiter waiter) {
    return waiters.containsKey(waiter.token());
  }
}
