// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.SessionRequest;
import dev.quoin.feeds.v1.SessionResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** One Session: opens its stream, and gives it other filters. */
final class FeedSession implements RequestStreamHandler<SessionRequest> {
  private final ResponseStream<SessionResponse> responses;
  private final Function<SessionRequest.Open, FeedStream<SessionResponse>> opener;
  private FeedStream<SessionResponse> stream;
  private CompletionStage<Void> opened;

  FeedSession(
      Call call,
      ResponseStream<SessionResponse> responses,
      Function<SessionRequest.Open, FeedStream<SessionResponse>> opener) {
    this.responses = responses;
    this.opener = opener;
    call.onDrain(() -> responses.fail(ApiException.shuttingDown()));
  }

  @Override
  public CompletionStage<?> take(SessionRequest request) {
    if (request.hasOpen() != (stream == null)) {
      throw InvalidRequest.of("open", "must be the first request, and only that");
    }
    if (request.hasOpen()) {
      stream = opener.apply(request.getOpen());
      opened = stream.open(request.getOpen().getCursor());
      return opened;
    }
    ConditionFilter next = ConditionFilter.of(request.getStatusFilter());
    return opened.thenCompose(open -> stream.change(next));
  }

  @Override
  public void end() {
    // One that was opened goes on with the filter it has.
    if (stream == null) {
      responses.fail(InvalidRequest.of("open", "must be the first request, and only that"));
    }
  }
}
