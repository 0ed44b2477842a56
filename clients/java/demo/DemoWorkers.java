// SPDX-License-Identifier: Apache-2.0
import com.google.protobuf.util.Durations;
import dev.quoin.client.Quoin;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NackRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import java.util.Random;

/** What works behind the shop: queues, a lock that three hosts want, a semaphore. */
final class DemoWorkers {
  private static final String EXPORTS = "exports";
  private static final int MOST_MILLIS = 4_000;

  private final QueuesGrpc.QueuesBlockingStub queues;
  private final SchedulesGrpc.SchedulesBlockingStub schedules;
  private final LocksGrpc.LocksBlockingStub locks;
  private final SemaphoresGrpc.SemaphoresBlockingStub semaphores;
  private final Random random;

  DemoWorkers(Quoin quoin, Random random) {
    this.queues = QueuesGrpc.newBlockingStub(quoin.channel());
    this.schedules = SchedulesGrpc.newBlockingStub(quoin.channel());
    this.locks = LocksGrpc.newBlockingStub(quoin.channel());
    this.semaphores = SemaphoresGrpc.newBlockingStub(quoin.channel());
    this.random = random;
  }

  void open() {
    semaphores.configure(ConfigureRequest.newBuilder().setName(EXPORTS).setLimit(4).build());
    schedules.putSchedule(schedule("digest", "*/5 * * * *"));
    schedules.putSchedule(schedule("invoices", "0 6 * * MON"));
  }

  private static PutScheduleRequest schedule(String name, String cron) {
    return PutScheduleRequest.newBuilder()
        .setQueue("mail")
        .setName(name)
        .setCron(cron)
        .setTimeZone("Europe/Paris")
        .setTask(NewTask.newBuilder().setKind(name).setPayloadText("{}"))
        .build();
  }

  void sendMail() {
    work("mail", "mailbox full");
  }

  void pack() {
    work("packing", "not in stock");
  }

  private void work(String queue, String error) {
    LeaseRequest request =
        LeaseRequest.newBuilder()
            .addQueues(queue)
            .setMaxItems(1 + random.nextInt(3))
            .setWait(Durations.fromSeconds(1))
            .build();
    for (LeasedTask task : queues.lease(request).getTasksList()) {
      pause(MOST_MILLIS / 20);
      if (random.nextInt(12) == 0) {
        queues.nack(
            NackRequest.newBuilder()
                .addFailed(
                    Failed.newBuilder()
                        .setQueue(queue)
                        .setTaskId(task.getTaskId())
                        .setToken(task.getToken())
                        .setError(error)
                        .setDead(random.nextInt(3) == 0))
                .build());
      } else {
        queues.ack(
            AckRequest.newBuilder()
                .addDone(
                    Done.newBuilder()
                        .setQueue(queue)
                        .setTaskId(task.getTaskId())
                        .setToken(task.getToken()))
                .build());
      }
    }
  }

  /** One host at a time writes the report. */
  void report(String host) {
    var granted =
        locks.acquire(
            dev.quoin.locks.v1.AcquireRequest.newBuilder()
                .setName("nightly-report")
                .setLabel(host)
                .setLease(Durations.fromSeconds(30))
                .setWait(Durations.fromSeconds(20))
                .build());
    if (granted.getAcquired()) {
      pause(MOST_MILLIS);
      locks.release(
          dev.quoin.locks.v1.ReleaseRequest.newBuilder()
              .setName("nightly-report")
              .setToken(granted.getToken())
              .build());
    }
  }

  void export() {
    AcquireResponse granted =
        semaphores.acquire(
            AcquireRequest.newBuilder()
                .setName(EXPORTS)
                .setPermits(1 + random.nextInt(2))
                .setLabel(random.nextBoolean() ? "csv" : "pdf")
                .setLease(Durations.fromSeconds(30))
                .build());
    if (granted.getAcquired()) {
      pause(MOST_MILLIS);
      semaphores.release(
          ReleaseRequest.newBuilder().setName(EXPORTS).setToken(granted.getToken()).build());
    }
  }

  private void pause(int most) {
    try {
      Thread.sleep(random.nextInt(most));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
