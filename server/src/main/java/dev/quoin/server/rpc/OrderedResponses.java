// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.errors.ApiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Answers the requests of one call in their order, one response for each, however they end; holds
 * back a caller that does not read them.
 *
 * @param <R> type of the responses
 */
public final class OrderedResponses<R> {
  private final ResponseStream<R> responses;
  private volatile CompletionStage<Void> before = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> reader = CompletableFuture.completedFuture(null);

  /** Ends the call, once what it has taken is answered, when the server drains. */
  public OrderedResponses(Call call, ResponseStream<R> responses) {
    this.responses = responses;
    responses.onReady(this::readOn);
    call.onDrain(() -> fail(ApiException.shuttingDown()));
  }

  /**
   * Sends a response once it is there and all before it have been sent.
   *
   * @return for {@link RequestStreamHandler#take}: done when the response need not be kept for a
   *     slow reader
   */
  public CompletionStage<Void> add(CompletionStage<R> response) {
    before = before.thenCombine(response, (done, message) -> message).thenCompose(this::send);
    return before;
  }

  /** Ends the call with a failure once all that was added is answered. */
  public void fail(RuntimeException failure) {
    before.whenComplete((done, earlier) -> responses.fail(failure));
  }

  private synchronized CompletionStage<Void> send(R message) {
    responses.send(message);
    if (!responses.isReady() && reader.isDone()) {
      reader = new CompletableFuture<>();
      // The reader may have caught up in between.
      if (responses.isReady()) {
        reader.complete(null);
      }
    }
    return reader;
  }

  private void readOn() {
    CompletableFuture<Void> waiting;
    synchronized (this) {
      waiting = reader;
    }
    waiting.complete(null);
  }
}
