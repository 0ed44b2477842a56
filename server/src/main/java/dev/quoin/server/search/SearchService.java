// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.search.v1.AnalyzeRequest;
import dev.quoin.search.v1.AnalyzeResponse;
import dev.quoin.search.v1.BulkPutRequest;
import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.DeleteResponse;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.GetRequest;
import dev.quoin.search.v1.GetResponse;
import dev.quoin.search.v1.ParseRequest;
import dev.quoin.search.v1.ParseResponse;
import dev.quoin.search.v1.PutRequest;
import dev.quoin.search.v1.PutResponse;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.QueryStreamRequest;
import dev.quoin.search.v1.QueryStreamResponse;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SetAttributesRequest;
import dev.quoin.search.v1.SetAttributesResponse;
import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.search.v1.SuggestResponse;
import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.PageToken;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.search.v1.Search}. */
public final class SearchService implements BindableService {
  private static final int PUTS_AHEAD = 64;
  private static final int HITS = 20;

  /** What a byte of text costs to be analyzed or parsed. */
  private static final long COST_OF_A_BYTE = 4;

  private static final int STREAMED_AT_ONCE = 200;

  /** Indexes are listed until they are dropped. */
  private static final Duration LISTED = Duration.ofDays(36_500);

  private final Kernel kernel;
  private final Workers workers;
  private final Indexes indexes;
  private final IndexCalls indexCalls;
  private final Documents documents;
  private final SavedQueryCalls queryCalls;
  private final Searches searches;
  private final Suggestions suggestions;

  public SearchService(Kernel kernel) {
    this.kernel = kernel;
    workers = new Workers("quoin-search");
    indexes = new Indexes(kernel.scripts(), kernel.keyspace("search"));
    indexCalls =
        new IndexCalls(indexes, new NameIndex(kernel.scripts(), kernel.keyspace("search"), LISTED));
    SavedQueries queries = new SavedQueries(kernel.scripts(), indexes, workers);
    LargeDocuments large = new LargeDocuments(kernel.scripts(), indexes);
    documents = new Documents(kernel.scripts(), indexes, queries, large, workers);
    WordReader words = new WordReader(kernel.scripts(), indexes);
    PartitionReader reader = new PartitionReader(kernel.scripts(), indexes, large);
    searches = new Searches(reader, documents, words, workers);
    suggestions = new Suggestions(kernel.scripts(), indexes, words, workers);
    queryCalls = new SavedQueryCalls(kernel, indexes, queries, suggestions, workers);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(SearchGrpc.getServiceDescriptor())
        .unary(SearchGrpc.getCreateIndexMethod(), indexCalls::create)
        .unary(SearchGrpc.getUpdateIndexMethod(), indexCalls::update)
        .unary(SearchGrpc.getDropIndexMethod(), indexCalls::drop)
        .unary(SearchGrpc.getGetIndexMethod(), indexCalls::get)
        .unary(SearchGrpc.getListIndexesMethod(), indexCalls::list)
        .unary(SearchGrpc.getPutMethod(), this::put)
        .receiving(SearchGrpc.getBulkPutMethod(), PUTS_AHEAD, this::bulkPut)
        .unary(SearchGrpc.getGetMethod(), this::get)
        .unary(SearchGrpc.getDeleteMethod(), this::delete)
        .unary(SearchGrpc.getSetAttributesMethod(), this::setAttributes)
        .unary(SearchGrpc.getQueryMethod(), this::query)
        .streaming(SearchGrpc.getQueryStreamMethod(), this::queryStream)
        .unary(SearchGrpc.getSuggestMethod(), this::suggest)
        .unary(SearchGrpc.getAnalyzeMethod(), this::analyze)
        .unary(SearchGrpc.getParseMethod(), this::parse)
        .unary(SearchGrpc.getPutQueryMethod(), queryCalls::put)
        .unary(SearchGrpc.getDeleteQueryMethod(), queryCalls::delete)
        .unary(SearchGrpc.getListQueriesMethod(), queryCalls::list)
        .streaming(SearchGrpc.getWatchMatchesMethod(), queryCalls::watch)
        .build();
  }

  private CompletionStage<PutResponse> put(PutRequest request, Call call) {
    return documents
        .put(call.scope(), request.getIndex(), request.getDocument())
        .thenApply(
            result ->
                PutResponse.newBuilder()
                    .setOutcome(result.outcome())
                    .setVersion(result.version())
                    .build());
  }

  private RequestStreamHandler<BulkPutRequest> bulkPut(
      Call call, ResponseStream<BulkPutResponse> responses) {
    return new BulkPutHandler(
        request -> documents.put(call.scope(), request.getIndex(), request.getDocument()),
        call,
        responses);
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    return indexes
        .with(
            call.scope(),
            request.getIndex(),
            index -> documents.get(call.scope(), index, request.getId()))
        .thenApply(
            stored -> {
              GetResponse.Builder response = GetResponse.newBuilder().setFound(stored.exists());
              if (stored.exists()) {
                response.setDocument(
                    Document.newBuilder()
                        .setId(request.getId())
                        .setFields(stored.fields())
                        .setVersion(stored.version()));
              }
              return response.build();
            });
  }

  private CompletionStage<DeleteResponse> delete(DeleteRequest request, Call call) {
    return documents
        .delete(call.scope(), request.getIndex(), request.getId(), request.getVersion())
        .thenApply(deleted -> DeleteResponse.newBuilder().setDeleted(deleted).build());
  }

  private CompletionStage<SetAttributesResponse> setAttributes(
      SetAttributesRequest request, Call call) {
    return documents
        .setAttributes(call.scope(), request.getIndex(), request.getId(), request.getFields())
        .thenApply(found -> SetAttributesResponse.newBuilder().setFound(found).build());
  }

  private CompletionStage<QueryResponse> query(QueryRequest request, Call call) {
    RequestContext scope = call.scope();
    return indexes.with(
        scope,
        request.getIndex(),
        index ->
            understood(scope, index, request)
                .thenCompose(
                    search -> {
                      Paging paging =
                          Paging.of(
                              scope,
                              request.getPageSize(),
                              HITS,
                              request.getPageToken(),
                              search.identity());
                      return searches
                          .page(scope, search, paging.size(), paging.position())
                          .thenApply(page -> response(search, page, paging));
                    }));
  }

  private CompletionStage<SearchRequest> understood(
      RequestContext scope, IndexDefinition index, QueryRequest request) {
    return workers.compute(
        scope,
        COST_OF_A_BYTE * request.getSerializedSize(),
        () -> SearchRequest.of(index, request));
  }

  private static QueryResponse response(SearchRequest search, Page page, Paging paging) {
    boolean partial = !page.complete() || !page.failed().isEmpty();
    return QueryResponse.newBuilder()
        .addAllHits(page.hits().stream().map(Page.PlacedHit::hit).toList())
        .setTotal(page.total())
        .setTotalExact(!partial)
        .addAllFacets(page.facets())
        .setPartial(partial)
        .addAllFailedPartitions(page.failed())
        .setNextPageToken(page.more() ? paging.token(page.end()) : "")
        .setCost(page.cost())
        .addAllWarnings(search.warnings())
        .build();
  }

  private void queryStream(
      QueryStreamRequest request, Call call, ResponseStream<QueryStreamResponse> responses) {
    RequestContext scope = call.scope();
    QueryRequest asked = asQuery(request);
    indexes
        .with(
            scope,
            asked.getIndex(),
            index ->
                understood(scope, index, asked)
                    .thenAccept(
                        search ->
                            new HitStream(
                                    after -> found(scope, asked, index, after),
                                    after -> PageToken.of(scope, after, search.identity()),
                                    request.getCursor(),
                                    streamPosition(scope, request.getCursor(), search),
                                    call,
                                    responses)
                                .find()))
        .whenComplete(
            (opened, failure) -> {
              if (failure != null) {
                responses.fail(failure);
              }
            });
  }

  /** The same fields have the same numbers. */
  private static QueryRequest asQuery(QueryStreamRequest request) {
    try {
      return QueryRequest.newBuilder()
          .mergeFrom(request.toByteString())
          .setUnknownFields(UnknownFieldSet.getDefaultInstance())
          .build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a request for a stream is no query", e);
    }
  }

  /** Positions say nothing about an index that has other fields or weights. */
  private CompletionStage<Page> found(
      RequestContext scope, QueryRequest asked, IndexDefinition begun, String after) {
    return indexes.with(
        scope,
        asked.getIndex(),
        index -> {
          if (!index.isSame(begun)) {
            throw new ApiException(
                ErrorReason.ERROR_REASON_SEARCH_BUSY,
                "the index was changed; begin again without a cursor");
          }
          return understood(scope, index, asked)
              .thenCompose(search -> searches.page(scope, search, STREAMED_AT_ONCE, after));
        });
  }

  private static String streamPosition(RequestContext scope, String cursor, SearchRequest search) {
    try {
      return PageToken.position(scope, cursor, search.identity());
    } catch (InvalidRequest e) {
      throw InvalidRequest.of("cursor", "must be a cursor of the same query");
    }
  }

  private CompletionStage<SuggestResponse> suggest(SuggestRequest request, Call call) {
    return indexes.with(
        call.scope(),
        request.getIndex(),
        index -> suggestions.suggest(call.scope(), index, request));
  }

  private CompletionStage<AnalyzeResponse> analyze(AnalyzeRequest request, Call call) {
    if (request.getIndex().isEmpty() != request.getField().isEmpty()) {
      throw InvalidRequest.of("field", "must be set together with index");
    }
    if (request.getField().isEmpty()) {
      String name = request.getAnalyzer().isEmpty() ? TextAnalyzer.STANDARD : request.getAnalyzer();
      TextAnalyzer analyzer =
          TextAnalyzer.of(name)
              .orElseThrow(() -> InvalidRequest.of("analyzer", Names.noAnalyzer(name)));
      return analyzed(call, analyzer, request.getText());
    }
    if (!request.getAnalyzer().isEmpty()) {
      throw InvalidRequest.of("analyzer", "must be empty when a field is named");
    }
    return indexes.with(
        call.scope(),
        request.getIndex(),
        index -> {
          IndexField field = index.field(request.getField(), "field");
          if (!field.isText()) {
            throw InvalidRequest.of("field", "must be a TEXT, not " + field.typeWord());
          }
          return analyzed(call, field.analyzer(), request.getText());
        });
  }

  private CompletionStage<AnalyzeResponse> analyzed(Call call, TextAnalyzer analyzer, String text) {
    return workers.compute(
        call.scope(), COST_OF_A_BYTE * text.length(), () -> analyzed(analyzer, text));
  }

  private static AnalyzeResponse analyzed(TextAnalyzer analyzer, String text) {
    Utf8Places places = new Utf8Places(text);
    AnalyzeResponse.Builder response =
        AnalyzeResponse.newBuilder().setAnalyzerVersion(TextAnalyzer.VERSION);
    for (Term term : analyzer.terms(text)) {
      response
          .addAnalyzedTermsBuilder()
          .setTerm(term.text())
          .setWord(term.word())
          .setTermPosition(term.position())
          .setStart(places.of(term.start()))
          .setEnd(places.of(term.end()));
    }
    return response.build();
  }

  private CompletionStage<ParseResponse> parse(ParseRequest request, Call call) {
    return indexes.with(
        call.scope(),
        request.getIndex(),
        index ->
            workers.compute(
                call.scope(),
                COST_OF_A_BYTE * request.getQuery().length(),
                () -> parsed(QueryParser.parse(index, request.getQuery()))));
  }

  private static ParseResponse parsed(ParsedQuery parsed) {
    return ParseResponse.newBuilder()
        .addAllParsedParts(parsed.parts())
        .addAllWarnings(parsed.warnings())
        .build();
  }
}
