// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.DeleteQueryRequest;
import dev.quoin.search.v1.DeleteQueryResponse;
import dev.quoin.search.v1.ListQueriesRequest;
import dev.quoin.search.v1.ListQueriesResponse;
import dev.quoin.search.v1.PutQueryRequest;
import dev.quoin.search.v1.PutQueryResponse;
import dev.quoin.search.v1.WatchMatchesRequest;
import dev.quoin.search.v1.WatchMatchesResponse;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** The calls that are about saved queries. */
final class SavedQueryCalls {
  private static final int PAGE = 100;

  private final Kernel kernel;
  private final Indexes indexes;
  private final SavedQueries queries;
  private final Suggestions suggestions;
  private final Workers workers;

  SavedQueryCalls(
      Kernel kernel,
      Indexes indexes,
      SavedQueries queries,
      Suggestions suggestions,
      Workers workers) {
    this.kernel = kernel;
    this.indexes = indexes;
    this.queries = queries;
    this.suggestions = suggestions;
    this.workers = workers;
  }

  CompletionStage<PutQueryResponse> put(PutQueryRequest request, Call call) {
    return indexes
        .with(
            call.scope(),
            request.getIndex(),
            index ->
                workers
                    .compute(
                        call.scope(),
                        SavedQueries.cost(request.getQuery()),
                        () -> QueryParser.parse(index, request.getQuery()).node())
                    .thenCompose(
                        node ->
                            suggestions
                                .counts(
                                    call.scope(),
                                    index,
                                    new QueryPlan(node).terms(new QueryPlan.Expansions()))
                                .thenCompose(
                                    counts ->
                                        queries.put(
                                            call.scope(),
                                            index,
                                            request.getQueryId(),
                                            request.getQuery(),
                                            node,
                                            counts))))
        .thenApply(created -> PutQueryResponse.newBuilder().setCreated(created).build());
  }

  CompletionStage<DeleteQueryResponse> delete(DeleteQueryRequest request, Call call) {
    return indexes
        .with(
            call.scope(),
            request.getIndex(),
            index -> queries.delete(call.scope(), index, request.getQueryId()))
        .thenApply(deleted -> DeleteQueryResponse.newBuilder().setDeleted(deleted).build());
  }

  CompletionStage<ListQueriesResponse> list(ListQueriesRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getIndex(),
            request.getPrefix());
    return indexes
        .with(
            call.scope(),
            request.getIndex(),
            index ->
                queries.list(
                    call.scope(), index, request.getPrefix(), paging.position(), paging.rows()))
        .thenApply(
            found -> {
              Paging.Page<SavedQueries.Saved> page = paging.page(found, SavedQueries.Saved::id);
              ListQueriesResponse.Builder response =
                  ListQueriesResponse.newBuilder().setNextPageToken(page.nextPageToken());
              page.rows()
                  .forEach(
                      saved ->
                          response
                              .addSavedQueriesBuilder()
                              .setQueryId(saved.id())
                              .setQuery(saved.query()));
              return response.build();
            });
  }

  void watch(
      WatchMatchesRequest request, Call call, ResponseStream<WatchMatchesResponse> responses) {
    RequestContext scope = call.scope().detached();
    indexes
        .look(call.scope(), request.getIndex())
        .thenAccept(
            index ->
                new MatchStream(kernel.tails(), request, call, responses)
                    .open(
                        IntStream.range(0, index.partitions())
                            .mapToObj(
                                p ->
                                    new MatchLog(
                                        kernel.scripts(),
                                        scope,
                                        indexes.partition(scope, index, p),
                                        p))
                            .toList()))
        .whenComplete(
            (opened, failure) -> {
              if (failure != null) {
                responses.fail(failure);
              }
            });
  }
}
