// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** Workers that each start their next operation when the one before is over. */
final class ClosedLoop {
  private static final long STOP_SECONDS = 60;

  /** What happened between the warm-up and the end. */
  record Outcome(double seconds, Latencies latencies, long[] perWorker, CpuTimes cpu) {}

  private final List<Worker> workers = new ArrayList<>();
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final CountDownLatch running;
  private final long begin;
  private final long end;

  private ClosedLoop(Workload load, int workers, long begin, long end) {
    this.begin = begin;
    this.end = end;
    this.running = new CountDownLatch(workers);
    for (int i = 0; i < workers; i++) {
      this.workers.add(new Worker(load.worker(i)));
    }
  }

  static Outcome run(Workload load, int workers, Options options, Testbed testbed)
      throws InterruptedException {
    long begin = System.nanoTime() + TimeUnit.SECONDS.toNanos(options.warmUp());
    long end = begin + TimeUnit.SECONDS.toNanos(options.duration());
    ClosedLoop loop = new ClosedLoop(load, workers, begin, end);
    loop.workers.forEach(Worker::next);
    sleepUntil(begin);
    CpuTimes before = testbed.cpuTimes();
    sleepUntil(end);
    CpuTimes cpu = testbed.cpuTimes().since(before);
    boolean stopped = loop.running.await(STOP_SECONDS, TimeUnit.SECONDS);
    if (loop.failure.get() != null) {
      throw new IllegalStateException("an operation failed", loop.failure.get());
    }
    if (!stopped) {
      throw new IllegalStateException(loop.running.getCount() + " operations never ended");
    }
    return loop.outcome(cpu);
  }

  private Outcome outcome(CpuTimes cpu) {
    Latencies all = new Latencies();
    workers.forEach(worker -> all.add(worker.latencies));
    long[] counts = workers.stream().mapToLong(worker -> worker.latencies.count()).toArray();
    return new Outcome((end - begin) / 1e9, all, counts, cpu);
  }

  private static void sleepUntil(long nanoTime) throws InterruptedException {
    long left = nanoTime - System.nanoTime();
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }

  private final class Worker implements Operation.Done {
    private final Operation operation;
    private final Latencies latencies = new Latencies();
    private long started;

    Worker(Operation operation) {
      this.operation = operation;
    }

    void next() {
      started = System.nanoTime();
      operation.start(this);
    }

    @Override
    public void ok() {
      long now = System.nanoTime();
      if (now - begin >= 0 && now - end < 0) {
        latencies.record(now - started);
      }
      if (now - end >= 0 || failure.get() != null) {
        running.countDown();
      } else {
        next();
      }
    }

    @Override
    public void failed(Throwable cause) {
      failure.compareAndSet(null, cause);
      running.countDown();
    }
  }
}
