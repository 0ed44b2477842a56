// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.failed;
import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.queues.v1.CancelRequest;
import dev.quoin.queues.v1.ConfigureRequest;
import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.RescheduleRequest;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Random steps on two servers, and what a queue should do then. */
@Tag("redis")
final class QueueModelTest {
  private static final int STEPS = 300;
  private static final int ATTEMPTS = 3;

  private final Queue queue = Queue.fresh();

  /** Where tasks stand that are ready: band, then number within it; to their ids. */
  private final TreeMap<Place, String> ready = new TreeMap<>();

  private final Map<String, Integer> priorities = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();
  private final Map<String, Place> places = new HashMap<>();
  private final List<LeasedTask> leased = new ArrayList<>();
  private int number;
  private int done;
  private int dead;
  private long fence;

  private record Place(int band, int number) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return band != other.band
          ? Integer.compare(band, other.band)
          : Integer.compare(number, other.number);
    }
  }

  private void place(String id, boolean due) {
    Place place = new Place(2 * (9 - priorities.get(id)) + (due ? 0 : 1), number++);
    ready.put(place, id);
    places.put(id, place);
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void aQueueDoesWhatItsModelDoes(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < STEPS; step++) {
      Queue here = random.nextBoolean() ? queue : queue.elsewhere();
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> add(here, random.nextInt(3));
        case 3, 4 -> lease(here, 1 + random.nextInt(3));
        default -> {
          if (!leased.isEmpty()) {
            end(here, leased.remove(random.nextInt(leased.size())), random.nextInt(5));
          }
        }
      }
    }
    GetStatsResponse stats = queue.stats();
    assertThat(stats.getReadyCount()).isEqualTo(ready.size());
    assertThat(stats.getLeasedCount()).isEqualTo(leased.size());
    assertThat(stats.getDeadCount()).isEqualTo(dead);
    assertThat(stats.getFinishedCount()).isEqualTo(done);
    assertThat(stats.getDelayedCount()).isZero();
    lease(queue, ready.size() + 1);
    assertThat(queue.lease(1)).isEmpty();
  }

  /** Random steps with keys and limits: whatever happens, every task is heard of to its end. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void noTaskIsForgottenBehindLimits(long seed) {
    Random random = new Random(seed);
    List<String> added = new ArrayList<>();
    for (int step = 0; step < STEPS; step++) {
      Queue here = random.nextBoolean() ? queue : queue.elsewhere();
      switch (random.nextInt(12)) {
        case 0, 1, 2, 3 -> added.add(here.add(keyed(random)).getTaskId());
        case 4, 5, 6 -> leased.addAll(here.lease(1 + random.nextInt(4)));
        case 7 -> configure(here, random.nextInt(5), random.nextInt(3));
        case 8 -> move(here, added, random);
        case 9 -> here.passDelays();
        default -> {
          if (!leased.isEmpty()) {
            settle(here, leased.remove(random.nextInt(leased.size())), random.nextInt(4));
          }
        }
      }
    }
    leased.forEach(queue::ack);
    configure(queue, 0, random.nextInt(2));
    queue.passDelays();
    Eventually.until("nothing is left", this::workOff);
    assertThat(added)
        .allSatisfy(
            id ->
                assertThat(queue.get(id).getState())
                    .isIn(
                        TaskState.TASK_STATE_DONE,
                        TaskState.TASK_STATE_CANCELLED,
                        TaskState.TASK_STATE_DEAD));
    assertThat(TestRedis.commands().hkeys(queue.key("meta")))
        .noneMatch(field -> field.startsWith("busy"));
  }

  private static NewTask.Builder keyed(Random random) {
    return task("work")
        .setFairnessKey("key " + random.nextInt(3))
        .setPriority(random.nextInt(2))
        .setMaxAttempts(ATTEMPTS)
        .setDelay(seconds(random.nextInt(4) == 0 ? 1000 : 0));
  }

  private static void configure(Queue here, int leases, int perKey) {
    ConfigureRequest.Builder request = ConfigureRequest.newBuilder().setQueue(here.name());
    here.stub().configure(request.setMaxLeases(leases).setMaxLeasesPerKey(perKey).build());
  }

  /** Cancels a task or makes it start at another time, whatever has become of it. */
  private static void move(Queue here, List<String> added, Random random) {
    if (added.isEmpty()) {
      return;
    }
    String id = added.get(random.nextInt(added.size()));
    if (random.nextBoolean()) {
      here.stub().cancel(CancelRequest.newBuilder().setQueue(here.name()).setTaskId(id).build());
    } else if (here.get(id).getState() == TaskState.TASK_STATE_READY) {
      RescheduleRequest.Builder request =
          RescheduleRequest.newBuilder().setQueue(here.name()).setTaskId(id);
      here.stub().reschedule(request.setDelay(seconds(1000 * random.nextInt(2))).build());
    }
  }

  private static void settle(Queue here, LeasedTask task, int how) {
    switch (how) {
      case 0 -> here.nack(failed(task, "no").setRetryAfter(seconds(0)));
      case 1 -> here.expire(task.getTaskId());
      default -> here.ack(task);
    }
  }

  private boolean workOff() {
    queue.lease(100).forEach(queue::ack);
    GetStatsResponse stats = queue.stats();
    return stats.getReadyCount() + stats.getLeasedCount() + stats.getDelayedCount() == 0;
  }

  private void add(Queue here, int priority) {
    String id = here.add(task("work").setPriority(priority).setMaxAttempts(ATTEMPTS)).getTaskId();
    priorities.put(id, priority);
    attempts.put(id, 0);
    place(id, false);
  }

  private void lease(Queue here, int most) {
    List<String> expected = new ArrayList<>();
    while (expected.size() < Math.min(most, 100) && !ready.isEmpty()) {
      expected.add(ready.pollFirstEntry().getValue());
    }
    List<LeasedTask> tasks = here.lease(Math.min(most, 100));
    assertThat(tasks).extracting(LeasedTask::getTaskId).isEqualTo(expected);
    for (LeasedTask task : tasks) {
      assertThat(task.getAttempt()).isEqualTo(attempts.merge(task.getTaskId(), 1, Integer::sum));
      assertThat(task.getFence()).isGreaterThan(fence);
      fence = task.getFence();
    }
    leased.addAll(tasks);
  }

  private void end(Queue here, LeasedTask task, int how) {
    String id = task.getTaskId();
    boolean dies = attempts.get(id) == ATTEMPTS;
    switch (how) {
      case 0 -> {
        assertThat(here.nack(failed(task, "no").setRetryAfter(seconds(0))).getOk()).isTrue();
        dies(dies, id, true);
        lease(here, 1);
      }
      case 1 -> {
        queue.expire(id);
        if (dies) {
          dead++;
        } else {
          ready.put(places.get(id), id);
        }
        lease(here, 1);
      }
      case 2 -> {
        here.stub().cancel(CancelRequest.newBuilder().setQueue(here.name()).setTaskId(id).build());
        assertThat(here.nack(failed(task, "stopped")).getOk()).isTrue();
        done++;
      }
      default -> {
        assertThat(here.ack(task).getOk()).isTrue();
        done++;
      }
    }
  }

  private void dies(boolean dies, String id, boolean due) {
    if (dies) {
      dead++;
    } else {
      place(id, due);
    }
  }
}
