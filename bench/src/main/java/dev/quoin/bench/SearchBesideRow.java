// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchStub;
import io.grpc.ManagedChannel;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** Locks on the same Redis and server while the heaviest query of 60,000 contacts always runs. */
record SearchBesideRow(String name, int inFlight) implements Row {
  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    AtomicBoolean runs = new AtomicBoolean(true);
    try {
      SearchIndexes.fill(
          channel,
          SearchCorpus.contactIndex("contacts"),
          SearchCorpus.CONTACTS,
          SearchCorpus::contact);
      search(SearchGrpc.newStub(channel), runs);
      try (Workload load = GrpcWorkload.of(QuoinOperations::pair).open(testbed, inFlight)) {
        return Measurement.of(ClosedLoop.run(load, inFlight, options, testbed));
      }
    } finally {
      runs.set(false);
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  /** Asks again and again: every document, sorted by strings, counted by city. */
  private static void search(SearchStub search, AtomicBoolean runs) {
    QueryRequest query =
        QueryRequest.newBuilder()
            .setIndex("contacts")
            .setQuery("first* +last*")
            .addSort("-sorted_name")
            .addFacets(Facet.newBuilder().setField("city"))
            .build();
    Operation.Done next =
        new Operation.Done() {
          @Override
          public void ok() {
            if (runs.get()) {
              search(search, runs);
            }
          }

          @Override
          public void failed(Throwable failure) {
            ok();
          }
        };
    search.query(query, GrpcWorkload.answer(next, response -> next.ok()));
  }
}
