// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.AckResponse;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import io.grpc.Channel;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * Tasks whose enqueueing was acknowledged are done at least once, are in one hand at a time, and do
 * not come back once that they are done was acknowledged.
 */
final class QueueWorkload implements Workload {
  private static final String QUEUE = "queue";
  private static final long LEASE_SECONDS = 5;

  private final Servers servers;
  private final Findings findings;
  private final Holds holds;
  private final Set<String> enqueued = ConcurrentHashMap.newKeySet();
  private final Map<String, Long> done = new ConcurrentHashMap<>();

  QueueWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    holds = new Holds(findings, "task", 1);
  }

  @Override
  public void load(Random random) throws Exception {
    if (random.nextInt(10) < 7) {
      enqueue(random);
    } else {
      work(random, random.nextInt(10) == 0);
    }
  }

  private void enqueue(Random random) throws InterruptedException {
    EnqueueRequest enqueue =
        EnqueueRequest.newBuilder()
            .setQueue(QUEUE)
            .setTask(NewTask.newBuilder().setKind("chaos").setMaxAttempts(1000))
            .setRequestId(UUID.randomUUID().toString())
            .build();
    servers
        .repeat(random, channel -> queues(channel).enqueue(enqueue))
        .ifPresent(answer -> enqueued.add(answer.getTaskId()));
  }

  /**
   * Takes tasks and does them.
   *
   * @param diesOfIt whether the worker is never heard of again
   */
  private void work(Random random, boolean diesOfIt) throws InterruptedException {
    LeaseRequest lease =
        LeaseRequest.newBuilder()
            .addQueues(QUEUE)
            .setMaxItems(5)
            .setLease(Times.seconds(LEASE_SECONDS))
            .setWait(Times.seconds(1))
            .build();
    long asked = System.nanoTime();
    Optional<LeaseResponse> answer = servers.once(random, channel -> queues(channel).lease(lease));
    if (answer.isEmpty()) {
      return;
    }
    AckRequest.Builder ack = AckRequest.newBuilder();
    for (LeasedTask task : answer.get().getTasksList()) {
      holds.granted(
          task.getTaskId(), task.getFence(), asked + TimeUnit.SECONDS.toNanos(LEASE_SECONDS));
      Long end = done.get(task.getTaskId());
      if (end != null && end - asked < 0) {
        findings.broken("task %s came back after it was done", task.getTaskId());
      }
      ack.addDone(
          Done.newBuilder().setQueue(QUEUE).setTaskId(task.getTaskId()).setToken(task.getToken()));
    }
    if (ack.getDoneCount() == 0 || diesOfIt) {
      return;
    }
    TimeUnit.MILLISECONDS.sleep(random.nextInt(20));
    answer.get().getTasksList().forEach(task -> holds.released(task.getTaskId(), task.getFence()));
    Optional<AckResponse> settled =
        servers.repeat(random, channel -> queues(channel).ack(ack.build()));
    settled.ifPresent(
        all ->
            all.getOutcomesList().stream()
                .filter(outcome -> outcome.getOk())
                .forEach(outcome -> done.putIfAbsent(outcome.getTaskId(), System.nanoTime())));
  }

  @Override
  public void check() throws Exception {
    Random random = new Random(0);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
    while (!done.keySet().containsAll(enqueued) && System.nanoTime() < end) {
      work(random, false);
    }
    enqueued.removeAll(done.keySet());
    if (!enqueued.isEmpty()) {
      findings.broken(
          "%d tasks are never done, such as %s", enqueued.size(), enqueued.iterator().next());
    }
  }

  private static QueuesGrpc.QueuesBlockingStub queues(Channel channel) {
    return QueuesGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
