// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.RecordBatchRequest.Record;
import dev.quoin.stats.v1.RecordBatchResponse;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.ClientInterceptor;
import io.grpc.ServerInterceptor;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Collects values in this process and sends them once in a while, so that recording costs the
 * caller next to nothing. Every value is recorded exactly once, whatever happens to connections and
 * servers, as long as Quoin comes back within nine minutes.
 */
public final class StatsRecorder implements AutoCloseable {
  private static final int VALUES_PER_REQUEST = 1_000;
  private static final int MOST_VALUES = 100_000;
  private static final double LARGEST = 1e18;

  private final BatchSender<RecordBatchRequest, RecordBatchResponse> sender;
  private final Duration patience;
  private final Deque<Record> values = new ArrayDeque<>();
  private final AtomicLong lost = new AtomicLong();

  StatsRecorder(ClientCore core, Duration period) {
    this.patience = core.deadline();
    this.sender =
        new BatchSender<>(
            core,
            StatsGrpc.getRecordBatchMethod(),
            period,
            this::next,
            new BatchSender.Answers<>() {
              @Override
              public void answered(RecordBatchRequest request, RecordBatchResponse response) {}

              @Override
              public void lost(RecordBatchRequest request) {
                lost.addAndGet(request.getRecordsCount());
              }
            });
  }

  StatsRecorder start() {
    sender.start();
    return this;
  }

  /**
   * Records a value. Never blocks.
   *
   * @throws IllegalArgumentException when kind or context are not allowed, or the value is no
   *     number
   */
  public void record(String kind, String context, double value) {
    Names.check("kind", kind);
    Names.check("context", context);
    if (!(Math.abs(value) <= LARGEST)) {
      throw new IllegalArgumentException("value: must be a number from -1e18 to 1e18");
    }
    Record record = Record.newBuilder().setKind(kind).setContext(context).setValue(value).build();
    synchronized (values) {
      if (values.size() >= MOST_VALUES) {
        lost.incrementAndGet();
        return;
      }
      values.add(record);
    }
  }

  /** Begins to measure a time; closing the timer records the seconds it took. */
  public Timer time(String kind, String context) {
    return new Timer(this, kind, context);
  }

  /**
   * Records how long each call of a channel takes: kind {@code rpc.client}, context method and
   * status code. Not for the channel of Quoin itself.
   */
  public ClientInterceptor clientInterceptor() {
    return new ClientTimes(this);
  }

  /**
   * Records how long each call of a server takes: kind {@code rpc.server}, context method and
   * status code.
   */
  public ServerInterceptor serverInterceptor() {
    return new ServerTimes(this);
  }

  /**
   * How many values may not have been recorded: because Quoin was away for too long, or more than
   * 100,000 values waited to be sent.
   */
  public long lost() {
    return lost.get();
  }

  /** Sends what is collected now instead of later. */
  public void flush() {
    sender.push();
  }

  /**
   * Sends what is collected and waits, no longer than the client's deadline, until it is recorded.
   */
  @Override
  public void close() {
    sender.close(patience);
  }

  private RecordBatchRequest next() {
    RecordBatchRequest.Builder request = RecordBatchRequest.newBuilder();
    synchronized (values) {
      while (!values.isEmpty() && request.getRecordsCount() < VALUES_PER_REQUEST) {
        request.addRecords(values.poll());
      }
    }
    return request.getRecordsCount() == 0
        ? null
        : request.setRequestId(UUID.randomUUID().toString()).build();
  }
}
