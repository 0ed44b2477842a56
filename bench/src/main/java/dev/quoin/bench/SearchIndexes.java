// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.search.v1.BulkPutRequest;
import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.GetIndexRequest;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.search.v1.SearchGrpc;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.function.IntFunction;

/** Fills indexes of the server that is measured. */
final class SearchIndexes {
  private static final int AHEAD = 512;

  private SearchIndexes() {}

  /** Fills an index, unless it is full from a row before. */
  static void fill(
      Channel channel, CreateIndexRequest index, int documents, IntFunction<Document> document)
      throws InterruptedException {
    var search = SearchGrpc.newBlockingStub(channel);
    search.createIndex(index);
    long there =
        search
            .getIndex(GetIndexRequest.newBuilder().setIndex(index.getIndex()).build())
            .getDocuments();
    if (there == documents) {
      return;
    }
    Semaphore ahead = new Semaphore(AHEAD);
    CompletableFuture<Void> end = new CompletableFuture<>();
    StreamObserver<BulkPutRequest> requests =
        SearchGrpc.newStub(channel).bulkPut(new Acknowledged(ahead, end));
    for (int i = 0; i < documents; i++) {
      ahead.acquire();
      requests.onNext(
          BulkPutRequest.newBuilder()
              .setIndex(index.getIndex())
              .setDocument(document.apply(i))
              .build());
    }
    requests.onCompleted();
    end.join();
  }

  private record Acknowledged(Semaphore ahead, CompletableFuture<Void> end)
      implements StreamObserver<BulkPutResponse> {
    @Override
    public void onNext(BulkPutResponse response) {
      if (response.getOutcome() == PutOutcome.PUT_OUTCOME_REFUSED) {
        end.completeExceptionally(new IllegalStateException(response.getRefusalText()));
      }
      ahead.release();
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
      ahead.release(Integer.MAX_VALUE / 2);
    }

    @Override
    public void onCompleted() {
      end.complete(null);
    }
  }
}
