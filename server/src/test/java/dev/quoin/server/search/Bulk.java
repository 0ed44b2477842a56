// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.BulkPutRequest;
import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.server.testing.TestServer;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** One BulkPut of a test, which is at most a few hundred documents ahead of its answers. */
final class Bulk {
  private final String index;
  private final List<BulkPutResponse> responses = new CopyOnWriteArrayList<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final Semaphore ahead = new Semaphore(256);
  private final StreamObserver<BulkPutRequest> requests;

  Bulk(TestServer server, String index) {
    this(server.channel(), index);
  }

  Bulk(Channel channel, String index) {
    this.index = index;
    requests =
        SearchGrpc.newStub(channel)
            .bulkPut(
                new StreamObserver<>() {
                  @Override
                  public void onNext(BulkPutResponse response) {
                    responses.add(response);
                    ahead.release();
                  }

                  @Override
                  public void onError(Throwable failure) {
                    end.completeExceptionally(failure);
                    ahead.release(1_000_000);
                  }

                  @Override
                  public void onCompleted() {
                    end.complete(null);
                  }
                });
  }

  void put(String id, Object... namesAndValues) {
    put(Document.newBuilder().setId(id).setFields(SearchTesting.fields(namesAndValues)).build());
  }

  void put(Document document) {
    ahead.acquireUninterruptibly();
    requests.onNext(BulkPutRequest.newBuilder().setIndex(index).setDocument(document).build());
  }

  /** What was answered so far. */
  List<BulkPutResponse> responses() {
    return responses;
  }

  CompletableFuture<Void> end() {
    return end;
  }

  /** Ends the call; all answers in their order. */
  List<BulkPutResponse> finish() {
    requests.onCompleted();
    end.orTimeout(60, TimeUnit.SECONDS).join();
    return responses;
  }
}
