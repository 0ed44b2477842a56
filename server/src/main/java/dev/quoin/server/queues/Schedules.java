// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.MissedRuns;
import dev.quoin.queues.v1.Overlap;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.server.queues.ScheduleStore.Mode;
import io.netty.util.Timer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Runs schedules whose time has come. Any server may do that at any time, even several: a run
 * counts for who takes it first.
 */
final class Schedules {
  private static final Logger LOG = Logger.getLogger(Schedules.class.getName());

  /** Runs that far back were missed. */
  private static final long MISSED_MILLIS = 60_000;

  private static final int MOST_MISSED = 1_000;

  private final ScheduleStore schedules;
  private final Timer timer;

  Schedules(ScheduleStore schedules, Timer timer) {
    this.schedules = schedules;
    this.timer = timer;
  }

  /** Looks at all schedules that run now or within so many ms, each at its time. */
  CompletionStage<Integer> lookAt(List<ScheduleStore.Due> due) {
    CompletableFuture<?>[] looks =
        due.stream()
            .map(one -> lookIn(one).toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(looks).thenApply(done -> looks.length);
  }

  private CompletionStage<?> lookIn(ScheduleStore.Due due) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    timer.newTimeout(
        t ->
            look(due, MOST_MISSED)
                .whenComplete(
                    (looked, failure) -> {
                      if (failure != null) {
                        LOG.log(Level.FINE, "a schedule is looked at again later", failure);
                      }
                      done.complete(null);
                    }),
        due.inMillis(),
        TimeUnit.MILLISECONDS);
    return done;
  }

  private CompletionStage<Void> look(ScheduleStore.Due due, int mostRuns) {
    return schedules
        .look(due.ref().scope(), due.ref())
        .thenCompose(
            look -> {
              StoredSchedule stored = look.stored();
              long next = stored == null ? 0 : stored.nextMillis();
              if (stored == null && isNew(due, look.nowMillis())) {
                return CompletableFuture.completedFuture(null);
              }
              if (next > look.nowMillis() + MISSED_MILLIS) {
                long right = ScheduleStore.next(cron(stored), look.nowMillis());
                if (next > right + MISSED_MILLIS) {
                  return schedules
                      .run(due.ref(), stored, right, Mode.CORRECT)
                      .thenCompose(corrected -> look(due, mostRuns));
                }
              }
              if (next == 0 || next > look.nowMillis()) {
                return schedules.later(due, next).thenAccept(noted -> {});
              }
              return run(due, stored, look.nowMillis(), mostRuns);
            });
  }

  /** One that is being put is noted before it is there. */
  private static boolean isNew(ScheduleStore.Due due, long nowMillis) {
    return Double.parseDouble(due.noted()) > nowMillis - MISSED_MILLIS;
  }

  private CompletionStage<Void> run(
      ScheduleStore.Due due, StoredSchedule schedule, long nowMillis, int mostRuns) {
    PutScheduleRequest definition = schedule.definition();
    long run = schedule.nextMillis();
    boolean missed = run < nowMillis - MISSED_MILLIS;
    boolean one = missed && definition.getMissedRuns() != MissedRuns.MISSED_RUNS_ALL;
    // One run stands for all that were missed, and mostRuns of those that are all to be run.
    long next = ScheduleStore.next(cron(schedule), one || mostRuns == 0 ? nowMillis : run);
    return schedules
        .run(due.ref(), schedule, next, mode(definition, missed))
        .thenCompose(ran -> look(due, mostRuns - 1));
  }

  private static Cron cron(StoredSchedule schedule) {
    return Cron.of(schedule.definition().getCron(), schedule.definition().getTimeZone());
  }

  private static Mode mode(PutScheduleRequest definition, boolean missed) {
    if (missed && definition.getMissedRuns() == MissedRuns.MISSED_RUNS_SKIP) {
      return Mode.LEAVE_OUT;
    }
    return definition.getOverlap() == Overlap.OVERLAP_SKIP ? Mode.ADD_IF_ENDED : Mode.ADD;
  }
}
