// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.BulkPutRequest;
import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.OrderedResponses;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** One BulkPut: puts many documents at once, and those of one id one after the other. */
final class BulkPutHandler implements RequestStreamHandler<BulkPutRequest> {
  private final Function<BulkPutRequest, CompletionStage<Documents.Result>> put;
  private final ResponseStream<BulkPutResponse> responses;
  private final OrderedResponses<BulkPutResponse> ordered;

  /** What is under way, by index and id. */
  private final Map<String, CompletableFuture<BulkPutResponse>> underWay = new HashMap<>();

  BulkPutHandler(
      Function<BulkPutRequest, CompletionStage<Documents.Result>> put,
      Call call,
      ResponseStream<BulkPutResponse> responses) {
    this.put = put;
    this.responses = responses;
    this.ordered = new OrderedResponses<>(call, responses);
  }

  @Override
  public CompletionStage<?> take(BulkPutRequest request) {
    String name = request.getIndex() + '\n' + request.getDocument().getId();
    CompletableFuture<BulkPutResponse> own = new CompletableFuture<>();
    CompletableFuture<BulkPutResponse> before;
    synchronized (underWay) {
      before = underWay.put(name, own);
    }
    CompletionStage<?> turn = before == null ? CompletableFuture.completedFuture(null) : before;
    turn.thenCompose(done -> answered(request))
        .whenComplete(
            (response, failure) -> {
              synchronized (underWay) {
                underWay.remove(name, own);
              }
              if (failure == null) {
                own.complete(response);
              } else {
                own.completeExceptionally(failure);
              }
            });
    return ordered.add(own);
  }

  private CompletionStage<BulkPutResponse> answered(BulkPutRequest request) {
    CompletionStage<Documents.Result> result;
    try {
      result = put.apply(request);
    } catch (RuntimeException e) {
      result = CompletableFuture.failedFuture(e);
    }
    return result.handle(
        (done, failure) -> {
          BulkPutResponse.Builder response =
              BulkPutResponse.newBuilder().setId(request.getDocument().getId());
          return failure == null
              ? response.setOutcome(done.outcome()).setVersion(done.version()).build()
              : refused(response, ErrorMapper.refusal(failure));
        });
  }

  private static BulkPutResponse refused(
      BulkPutResponse.Builder response, RuntimeException refusal) {
    return response
        .setOutcome(PutOutcome.PUT_OUTCOME_REFUSED)
        .setVersion(0)
        .setRefusal(
            refusal instanceof InvalidRequest
                ? "INVALID_REQUEST"
                : Reasons.name(((ApiException) refusal).reason()))
        .setRefusalText(String.valueOf(refusal.getMessage()))
        .build();
  }

  @Override
  public void end() {
    responses.complete();
  }
}
