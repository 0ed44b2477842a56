// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchStub;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/**
 * Queries of an index that stays filled from row to row.
 *
 * @param documents how many it has
 * @param query makes a query out of a number that rises
 */
record SearchRow(
    String name,
    int inFlight,
    CreateIndexRequest index,
    int documents,
    IntFunction<Document> document,
    IntFunction<QueryRequest.Builder> query)
    implements Row {

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      SearchIndexes.fill(channel, index, documents, document);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
    Workload.Factory queries = GrpcWorkload.of((used, worker) -> operation(used, worker));
    try (Workload load = queries.open(testbed, inFlight)) {
      return Measurement.of(ClosedLoop.run(load, inFlight, options, testbed));
    }
  }

  private Operation operation(io.grpc.Channel channel, int worker) {
    SearchStub search = SearchGrpc.newStub(channel);
    return new Operation() {
      private int next = worker * 7_919;

      @Override
      public void start(Done done) {
        search.query(
            query.apply(next++).setIndex(index.getIndex()).build(),
            GrpcWorkload.answer(
                done,
                response -> {
                  if (response.getPartial()) {
                    done.failed(new IllegalStateException("it is partial"));
                  } else {
                    done.ok();
                  }
                }));
      }
    };
  }
}
