// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Inbox;
import dev.quoin.server.rpc.Sink;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** One WriteStream: writes batches one after the other. */
final class WriteInbox implements Inbox<WriteStreamRequest> {
  private final Function<Batch, CompletionStage<Written>> write;
  private final Sink<WriteStreamResponse> sink;
  private CompletionStage<?> last = CompletableFuture.completedFuture(null);
  private boolean drains;
  private long written;

  WriteInbox(
      Function<Batch, CompletionStage<Written>> write, Call call, Sink<WriteStreamResponse> sink) {
    this.write = write;
    this.sink = sink;
    call.onDrain(this::drain);
  }

  @Override
  public synchronized CompletionStage<?> take(WriteStreamRequest request) {
    last = last.thenCompose(done -> writeNext(request));
    return last;
  }

  private CompletionStage<Void> writeNext(WriteStreamRequest request) {
    synchronized (this) {
      if (drains) {
        return CompletableFuture.failedFuture(told(Refusal.shuttingDown()));
      }
    }
    return write
        .apply(Batch.of(request))
        .handle(
            (done, failure) -> {
              if (failure != null) {
                throw new CompletionException(told(failure));
              }
              count();
              return null;
            });
  }

  private synchronized void count() {
    written++;
  }

  private void drain() {
    CompletionStage<?> underWay;
    synchronized (this) {
      drains = true;
      underWay = last;
    }
    underWay.whenComplete((done, failure) -> sink.fail(told(Refusal.shuttingDown())));
  }

  /** Adds how many batches are written. */
  private synchronized Throwable told(Throwable failure) {
    RuntimeException refusal = Statuses.refusal(failure);
    String batches = String.valueOf(written);
    return refusal instanceof InvalidRequest invalid
        ? invalid.with("written", batches)
        : ((Refusal) refusal).with("written", batches);
  }

  @Override
  public Throwable refused(Throwable failure) {
    return told(failure);
  }

  @Override
  public synchronized void end() {
    sink.send(WriteStreamResponse.newBuilder().setBatches(written).build());
    sink.complete();
  }
}
