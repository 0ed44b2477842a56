// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** One WriteStream: writes batches one after the other. */
final class WriteStreamHandler implements RequestStreamHandler<WriteStreamRequest> {
  private final Function<Batch, CompletionStage<Written>> write;
  private final ResponseStream<WriteStreamResponse> responses;
  private CompletionStage<?> last = CompletableFuture.completedFuture(null);
  private boolean drains;
  private long written;

  WriteStreamHandler(
      Function<Batch, CompletionStage<Written>> write,
      Call call,
      ResponseStream<WriteStreamResponse> responses) {
    this.write = write;
    this.responses = responses;
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
        return CompletableFuture.failedFuture(told(ApiException.shuttingDown()));
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
    underWay.whenComplete((done, failure) -> responses.fail(told(ApiException.shuttingDown())));
  }

  /** Adds how many batches are written. */
  private synchronized Throwable told(Throwable failure) {
    RuntimeException refusal = ErrorMapper.refusal(failure);
    String batches = String.valueOf(written);
    return refusal instanceof InvalidRequest invalid
        ? invalid.with("written", batches)
        : ((ApiException) refusal).with("written", batches);
  }

  @Override
  public Throwable refused(Throwable failure) {
    return told(failure);
  }

  @Override
  public synchronized void end() {
    responses.send(WriteStreamResponse.newBuilder().setBatches(written).build());
    responses.complete();
  }
}
