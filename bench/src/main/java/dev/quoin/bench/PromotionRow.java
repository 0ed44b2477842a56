// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** How fast delayed tasks are done that are all due at the same moment. */
record PromotionRow(String name, int inFlight) implements Row {
  private static final int BATCH = 100;
  private static final int WORKERS = 8;
  private static final int FILL_SECONDS = 60;

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      long due = System.currentTimeMillis() / 1000 + FILL_SECONDS;
      QueueOperations.fill(channel, inFlight, due);
      TimeUnit.MILLISECONDS.sleep(Math.max(0, due * 1000 - System.currentTimeMillis()));
      long begin = System.nanoTime();
      drain(channel);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.TASKS_PER_SECOND, inFlight / ((System.nanoTime() - begin) / 1e9));
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }

  private void drain(ManagedChannel channel) throws InterruptedException {
    AtomicInteger left = new AtomicInteger(inFlight / BATCH);
    CountDownLatch ended = new CountDownLatch(WORKERS);
    AtomicReference<Throwable> failure = new AtomicReference<>();
    for (int i = 0; i < WORKERS; i++) {
      Operation operation = QueueOperations.leaseAndAck(channel, BATCH);
      operation.start(
          new Operation.Done() {
            @Override
            public void ok() {
              if (left.decrementAndGet() > 0) {
                operation.start(this);
              } else {
                ended.countDown();
              }
            }

            @Override
            public void failed(Throwable thrown) {
              failure.set(thrown);
              ended.countDown();
            }
          });
    }
    ended.await();
    if (failure.get() != null) {
      throw new IllegalStateException("a task could not be done", failure.get());
    }
  }
}
