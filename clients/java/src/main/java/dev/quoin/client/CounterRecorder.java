// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Counts in this process and sends the sums once in a while, so that counting costs the caller next
 * to nothing. Every sum is counted exactly once, whatever happens to connections and servers, as
 * long as Quoin comes back within nine minutes. It counts in the second in which it arrives.
 */
public final class CounterRecorder implements AutoCloseable {
  private static final int NAMES_PER_REQUEST = 1_000;
  private static final int MOST_NAMES = 100_000;

  private final BatchSender<IncrementBatchRequest, IncrementBatchResponse> sender;
  private final Duration patience;
  private final Map<String, Long> sums = new LinkedHashMap<>();
  private final AtomicLong lost = new AtomicLong();

  CounterRecorder(ClientCore core, Duration period) {
    this.patience = core.deadline();
    this.sender =
        new BatchSender<>(
            core,
            CountersGrpc.getIncrementBatchMethod(),
            period,
            this::next,
            new BatchSender.Answers<>() {
              @Override
              public void answered(IncrementBatchRequest request, IncrementBatchResponse response) {
                lost.addAndGet(response.getUncountedCount());
              }

              @Override
              public void lost(IncrementBatchRequest request) {
                lost.addAndGet(request.getIncrementsCount());
              }
            });
  }

  CounterRecorder start() {
    sender.start();
    return this;
  }

  /** Adds 1 to a counter. */
  public void increment(String name) {
    add(name, 1);
  }

  /**
   * Adds to a counter. Never blocks.
   *
   * @throws IllegalArgumentException when the name is not allowed
   * @throws ArithmeticException when what is to be sent leaves the range of 64-bit numbers
   */
  public void add(String name, long delta) {
    Names.check("name", name);
    synchronized (sums) {
      if (sums.size() >= MOST_NAMES && !sums.containsKey(name)) {
        lost.incrementAndGet();
        return;
      }
      sums.merge(name, delta, Math::addExact);
    }
  }

  /**
   * How many sums may not have been counted: because Quoin was away for too long, or more than
   * 100,000 counters waited to be sent, or a counter would have overflowed.
   */
  public long lost() {
    return lost.get();
  }

  /** Sends what is collected now instead of later. */
  public void flush() {
    sender.push();
  }

  /**
   * Sends what is collected and waits, no longer than the client's deadline, until it is counted.
   */
  @Override
  public void close() {
    sender.close(patience);
  }

  private IncrementBatchRequest next() {
    IncrementBatchRequest.Builder request = IncrementBatchRequest.newBuilder();
    synchronized (sums) {
      if (sums.isEmpty()) {
        return null;
      }
      Iterator<Map.Entry<String, Long>> all = sums.entrySet().iterator();
      while (all.hasNext() && request.getIncrementsCount() < NAMES_PER_REQUEST) {
        Map.Entry<String, Long> sum = all.next();
        request.addIncrementsBuilder().setName(sum.getKey()).setDelta(sum.getValue());
        all.remove();
      }
    }
    return request.setRequestId(UUID.randomUUID().toString()).build();
  }
}
