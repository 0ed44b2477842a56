// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.find;
import static dev.quoin.server.search.SearchTesting.ids;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.string;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Value;
import com.google.rpc.ErrorInfo;
import dev.quoin.search.v1.AnalyzeRequest;
import dev.quoin.search.v1.BulkPutResponse;
import dev.quoin.search.v1.Clause;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.FacetRange;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.GetIndexRequest;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.search.v1.PutRequest;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.QueryStreamRequest;
import dev.quoin.search.v1.QueryWarning;
import dev.quoin.search.v1.QueryWeights;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** A clear error that names the place, or a defined result; and nothing is changed. */
@Tag("redis")
final class SearchBadInputTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    create(search, "kb", 2, text("title"), tag("kind"), number("votes"), string("by"));
  }

  @TestFactory
  Stream<DynamicTest> wrongQueriesNameTheirField() {
    return Stream.of(
        query("query", q -> q.setQuery("  ")),
        query("query", q -> q.setQuery("a".repeat(16_385))),
        query("query", q -> q.setQuery("x ".repeat(1_100))),
        query("query", q -> q.setQuery("(".repeat(40) + "x" + ")".repeat(40))),
        query("query", q -> q.setQuery("colour:red")),
        query("query", q -> q.setQuery("votes:NaN")),
        query("sort[0]", q -> q.addSort("-colour")),
        query("sort[1]", q -> q.addSort("votes").addSort("kind")),
        query("sort[0]", q -> q.addSort("title")),
        query("sort[1]", q -> q.addSort("votes").addSort("-votes")),
        query("sort[1]", q -> q.addSort("_score").addSort("_score")),
        query("weights.profile", q -> q.setWeights(QueryWeights.newBuilder().setProfile("no"))),
        query("weights.custom.by_field[\"by\"]", q -> q.setWeights(weights("by", 1))),
        query(
            "weights.custom.by_field[\"votes\"]", q -> q.setWeights(weights("votes", Double.NaN))),
        query("facets[0].field", q -> q.addFacets(Facet.newBuilder().setField("title"))),
        query("facets[0].field", q -> q.addFacets(Facet.newBuilder().setField("votes"))),
        query(
            "facets[0].ranges[0].lower",
            q ->
                q.addFacets(
                    Facet.newBuilder()
                        .setField("votes")
                        .addRanges(FacetRange.newBuilder().setLower(Double.NaN)))),
        query(
            "facets[1].field",
            q ->
                q.addFacets(Facet.newBuilder().setField("kind"))
                    .addFacets(Facet.newBuilder().setField("kind"))),
        query(
            "query",
            q ->
                q.setQuery(
                    IntStream.range(0, 129).mapToObj(i -> "p" + i + "* ").collect(joining()))),
        query("query", q -> q.setQuery("votes:[5 TO 1]")),
        query("query", q -> q.setQuery("by:[b TO a]")),
        query(
            "facets[0].ranges[1].upper",
            q ->
                q.addFacets(
                    Facet.newBuilder()
                        .setField("votes")
                        .addRanges(FacetRange.newBuilder().setLower(1).setUpper(2))
                        .addRanges(FacetRange.newBuilder().setLower(2).setUpper(2)))),
        query("highlight[0]", q -> q.addHighlight("kind")),
        query("return_fields[0]", q -> q.addReturnFields("colour")),
        query("page_size", q -> q.setPageSize(101)),
        query("page_token", q -> q.setPageToken("AAAA")),
        query("timeout", q -> q.setTimeout(com.google.protobuf.util.Durations.fromSeconds(61))),
        query("clauses[0]", q -> q.addClauses(words("colour", "x"))),
        query("clauses[0]", q -> q.addClauses(words("kind", "x"))),
        query(
            "clauses",
            q -> q.clearQuery().addClauses(Clause.newBuilder().setNot(words("title", "x")))),
        query(
            "clauses[0].range.lowest",
            q ->
                q.addClauses(
                    Clause.newBuilder()
                        .setRange(
                            Clause.Range.newBuilder()
                                .setField("votes")
                                .setLowest(Value.newBuilder().setStringValue("1"))))),
        query(
            "clauses[0].range.highest_excluded",
            q ->
                q.addClauses(
                    Clause.newBuilder()
                        .setRange(
                            Clause.Range.newBuilder()
                                .setField("votes")
                                .setLowest(Value.newBuilder().setNumberValue(1))
                                .setHighestExcluded(true)))),
        query(
            "clauses[0].words or prefixed or tags or range or all or any or not or everything",
            q -> q.addClauses(Clause.newBuilder())),
        query("clauses", q -> q.addClauses(nest(20))),
        // Whatever is in it: its rules are not even looked at.
        query(
            "request",
            q -> {
              for (int i = 0; i < 3_000; i++) {
                q.addClauses(words("colour", "x".repeat(100)));
              }
            }));
  }

  private static Clause nest(int levels) {
    Clause clause = words("title", "x").build();
    for (int i = 0; i < levels; i++) {
      clause = Clause.newBuilder().setAll(Clause.Clauses.newBuilder().addClauses(clause)).build();
    }
    return clause;
  }

  private static Clause.Builder words(String field, String text) {
    return Clause.newBuilder().setWords(Clause.Words.newBuilder().setField(field).setText(text));
  }

  private static QueryWeights weights(String field, double weight) {
    return QueryWeights.newBuilder()
        .setCustom(QueryWeights.WeightMap.newBuilder().putByField(field, weight))
        .build();
  }

  private DynamicTest query(String field, Consumer<QueryRequest.Builder> change) {
    QueryRequest.Builder request = SearchTesting.query("kb", "word");
    change.accept(request);
    return DynamicTest.dynamicTest(
        field + " of " + request.toString().replaceAll("\\s+", " ").substring(0, 20),
        () -> {
          Refused refused = Refused.by(() -> search.query(request.build()));
          assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
          assertThat(refused.fields()).containsExactly(field);
        });
  }

  @Test
  void whatIsMissingIsNamed() {
    Refused refused = Refused.by(() -> search.query(SearchTesting.query("no", "x").build()));
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("index", "no");
    assertThat(refused.status().getMessage()).contains("index \"no\"");
  }

  @Test
  void numbersAreTagsAsPeopleWriteThem() {
    put(search, "kb", "1", "kind", 1_700_000_000_000_000L);
    assertThat(find(search, "kb", "kind:1700000000000000")).containsExactly("1");
    assertRefused("document.fields[\"kind\"]", "kind", (1L << 53) + 2);
  }

  @Test
  void aVersionLeavesRoomForThoseThatFollow() {
    assertThat(
            Refused.by(
                    () ->
                        search.put(
                            PutRequest.newBuilder()
                                .setIndex("kb")
                                .setDocument(
                                    Document.newBuilder().setId("1").setVersion(Long.MAX_VALUE))
                                .build()))
                .fields())
        .containsExactly("document.version");
  }

  @Test
  void clausesOfNoWordSaySo() {
    for (Clause clause :
        List.of(
            words("title", "!!")
                .setWords(
                    Clause.Words.newBuilder()
                        .setText("!!")
                        .setWordMode(Clause.WordMode.WORD_MODE_PHRASE))
                .build(),
            Clause.newBuilder().setPrefixed(Clause.Prefix.newBuilder().setText("!!")).build())) {
      assertThat(
              search
                  .query(QueryRequest.newBuilder().setIndex("kb").addClauses(clause).build())
                  .getWarningsList())
          .containsExactly(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
    }
  }

  @Test
  void wrongDocumentsNameTheirFieldAndChangeNothing() {
    assertRefused("document.fields[\"colour\"]", "colour", "red");
    assertRefused("document.fields[\"title\"]", "title", 1);
    assertRefused("document.fields[\"title\"]", "title", List.of("a", 1));
    assertRefused("document.fields[\"votes\"]", "votes", "1");
    assertRefused("document.fields[\"votes\"]", "votes", Double.NaN);
    assertRefused("document.fields[\"votes\"]", "votes", Double.POSITIVE_INFINITY);
    assertRefused("document.fields[\"by\"]", "by", "x".repeat(8_193));
    assertRefused("document.fields[\"by\"]", "by", List.of("x"));
    assertRefused("document.fields[\"kind\"]", "kind", "");
    assertRefused("document.fields[\"kind\"]", "kind", "x".repeat(257));
    assertRefused("document.fields[\"kind\"]", "kind", "a\u0000b");
    assertRefused(
        "document.fields[\"kind\"]",
        "kind",
        java.util.stream.IntStream.range(0, 65).mapToObj(i -> "k" + i).toList());
    assertRefused("document.fields", "title", "x".repeat(1_100_000));
    StringBuilder many = new StringBuilder();
    for (int i = 0; i < 16_001; i++) {
      many.append('w').append(i).append(' ');
    }
    assertRefused("document.fields", "title", many.toString());
    assertThat(search.getIndex(GetIndexRequest.newBuilder().setIndex("kb").build()).getDocuments())
        .isZero();
    assertThat(Refused.by(() -> put(search, "kb", "a\nb", "title", "x")).fields())
        .containsExactly("document.id");
    assertThat(Refused.by(() -> put(search, "no", "a", "title", "x")).reason())
        .isEqualTo("SEARCH_INDEX_NOT_FOUND");
  }

  private void assertRefused(String field, Object... namesAndValues) {
    Refused refused = Refused.by(() -> put(search, "kb", "1", namesAndValues));
    assertThat(refused.reason()).as(field).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly(field);
  }

  @Test
  void largeDocumentsAreFoundByAllTheyHold() {
    StringBuilder text = new StringBuilder("begin ");
    for (int i = 0; text.length() < 900_000; i++) {
      text.append('w').append(i % 3_900).append(' ');
    }
    text.append("end phrase");
    put(search, "kb", "1", "title", text.toString(), "kind", "large");

    assertThat(find(search, "kb", "begin w0 w3899 kind:large")).containsExactly("1");
    assertThat(find(search, "kb", "\"begin w0\"")).containsExactly("1");
    assertThat(find(search, "kb", "\"w3898 w3899\"")).containsExactly("1");
    put(search, "kb", "1", "title", "small");
    assertThat(find(search, "kb", "w0")).isEmpty();
    assertThat(find(search, "kb", "small")).containsExactly("1");
  }

  /** Pages of large documents are short, and nothing is left out. */
  @Test
  void largeDocumentsComeInSmallPages() {
    java.util.Random random = new java.util.Random(1);
    for (int i = 0; i < 6; i++) {
      byte[] noise = new byte[200_000];
      random.nextBytes(noise);
      String text = java.util.Base64.getEncoder().withoutPadding().encodeToString(noise);
      put(
          search,
          "kb",
          "d" + i,
          "title",
          "word " + text.replaceAll("[+/]", "").substring(0, 250_000));
    }
    QueryResponse first = search.query(SearchTesting.query("kb", "word").build());
    assertThat(first.getHitsCount()).isBetween(1, 5);
    assertThat(first.getTotal()).isEqualTo(6);
    assertThat(SearchTesting.walk(search, SearchTesting.query("kb", "word")))
        .containsExactlyInAnyOrder("d0", "d1", "d2", "d3", "d4", "d5");
  }

  @Test
  void stopWordsAndContradictionsFindNothingAndSaySo() {
    search.createIndex(
        CreateIndexRequest.newBuilder()
            .setIndex("stopped")
            .addFields(text("t"))
            .addStopWords("the")
            .build());
    put(search, "stopped", "1", "t", "the lock");

    QueryResponse stopped = search.query(SearchTesting.query("stopped", "The THE").build());
    assertThat(stopped.getTotal()).isZero();
    assertThat(stopped.getWarningsList())
        .containsExactly(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
    QueryResponse contradiction =
        search.query(SearchTesting.query("stopped", "lock -lock").build());
    assertThat(contradiction.getTotal()).isZero();
    assertThat(contradiction.getWarningsList())
        .containsExactly(QueryWarning.QUERY_WARNING_CONTRADICTION);
    assertThat(ids(search.query(SearchTesting.query("stopped", "the lock").build())))
        .containsExactly("1");
  }

  @Test
  void thousandTermsAndAThousandPrefixesAreBoundedWork() {
    for (int i = 0; i < 60; i++) {
      StringBuilder text = new StringBuilder();
      for (int w = 0; w < 20; w++) {
        text.append('p').append(i * 20 + w).append(' ');
      }
      put(search, "kb", String.format("d%02d", i), "title", text.toString());
    }
    StringBuilder query = new StringBuilder("p0");
    for (int i = 1; i < 1_000; i++) {
      query.append(" +p").append(i);
    }
    assertThat(search.query(SearchTesting.query("kb", query.toString()).build()).getTotal())
        .isEqualTo(50);
    QueryResponse prefixed = search.query(SearchTesting.query("kb", "p*").build());
    assertThat(prefixed.getWarningsList())
        .containsExactly(QueryWarning.QUERY_WARNING_PREFIX_TRUNCATED);
    assertThat(prefixed.getTotal()).isBetween(50L, 60L);
    assertThat(search.query(SearchTesting.query("kb", "p* ".repeat(500)).build()).getTotal())
        .isEqualTo(prefixed.getTotal());
    assertThat(SearchTesting.walk(search, SearchTesting.query("kb", query.toString()))).hasSize(50);
  }

  @Test
  void refusedDocumentsOfABulkAreAnsweredInOrderAndTheOthersArePut() {
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    bulk.put("1", "title", "one");
    bulk.put("2", "colour", "red");
    bulk.put("1", "title", "two");
    bulk.put("1", "title", "three");
    bulk.put("3", "votes", "many");
    List<BulkPutResponse> responses = bulk.finish();

    assertThat(responses)
        .extracting(BulkPutResponse::getId)
        .containsExactly("1", "2", "1", "1", "3");
    assertThat(responses)
        .extracting(BulkPutResponse::getOutcome)
        .containsExactly(
            PutOutcome.PUT_OUTCOME_CREATED,
            PutOutcome.PUT_OUTCOME_REFUSED,
            PutOutcome.PUT_OUTCOME_REPLACED,
            PutOutcome.PUT_OUTCOME_REPLACED,
            PutOutcome.PUT_OUTCOME_REFUSED);
    assertThat(responses.get(1).getRefusal()).isEqualTo("INVALID_REQUEST");
    assertThat(responses.get(1).getRefusalText()).contains("no field \"colour\"");
    assertThat(find(search, "kb", "three")).containsExactly("1");
    assertThat(find(search, "kb", "one +two")).isEmpty();
  }

  @Test
  void tokensOfOtherQueriesAreRefused() {
    for (int i = 0; i < 5; i++) {
      put(search, "kb", "d" + i, "title", "word");
    }
    String token =
        search.query(SearchTesting.query("kb", "word").setPageSize(2).build()).getNextPageToken();
    assertThat(
            Refused.by(
                    () ->
                        search.query(
                            SearchTesting.query("kb", "other").setPageToken(token).build()))
                .fields())
        .containsExactly("page_token");
    assertThat(
            Refused.by(
                    () ->
                        search
                            .queryStream(
                                QueryStreamRequest.newBuilder()
                                    .setIndex("kb")
                                    .setQuery("word")
                                    .setCursor(token)
                                    .build())
                            .next())
                .fields())
        .containsExactly("cursor");
    assertThat(
            ids(
                search.query(
                    SearchTesting.query("kb", "word")
                        .setPageSize(2)
                        .setPageToken(token)
                        .setExplain(true)
                        .build())))
        .containsExactly("d2", "d3");
  }

  @Test
  void wrongIndexesNameTheirField() {
    assertThat(creating(b -> b.addFields(SearchTesting.field("9x", FieldType.FIELD_TYPE_TAG))))
        .containsExactly("fields[0].name");
    assertThat(creating(b -> b.addFields(text("a")).addFields(tag("a"))))
        .containsExactly("fields[1].name");
    assertThat(creating(b -> b.addFields(text("a").toBuilder().setAnalyzer("klingon"))))
        .containsExactly("fields[0].analyzer");
    assertThat(creating(b -> b.addFields(tag("a").toBuilder().setAnalyzer("english"))))
        .containsExactly("fields[0].analyzer");
    assertThat(creating(b -> b.addFields(tag("a").toBuilder().setSortable(true))))
        .containsExactly("fields[0].sortable");
    assertThat(creating(b -> b.addFields(text("a").toBuilder().setWeight(Double.NaN))))
        .containsExactly("fields[0].weight");
    assertThat(creating(b -> b.addFields(text("a")).addStopWords("the").addStopWords("of the")))
        .containsExactly("stop_words[1]");
    assertThat(creating(b -> b.addFields(text("a")).setPartitions(65)))
        .containsExactly("partitions");
    assertThat(Refused.by(() -> search.suggest(suggest("votes"))).fields())
        .containsExactly("field");
    assertThat(Refused.by(() -> search.suggest(suggest("colour"))).fields())
        .containsExactly("field");
    assertThat(
            Refused.by(
                    () ->
                        search.analyze(
                            AnalyzeRequest.newBuilder().setText("x").setAnalyzer("no").build()))
                .fields())
        .containsExactly("analyzer");
  }

  private static SuggestRequest suggest(String field) {
    return SuggestRequest.newBuilder().setIndex("kb").setField(field).build();
  }

  private List<String> creating(Consumer<CreateIndexRequest.Builder> change) {
    CreateIndexRequest.Builder request = CreateIndexRequest.newBuilder().setIndex("new");
    change.accept(request);
    return Refused.by(() -> search.createIndex(request.build())).fields();
  }

  @Test
  void expensiveQueriesArePartialOrRefusedAsAsked() {
    for (int i = 0; i < 500; i++) {
      put(search, "kb", "d" + i, "title", "word other");
    }
    QueryResponse cheap = search.query(SearchTesting.query("kb", "word").build());
    assertThat(cheap.getTotalExact()).isTrue();
    assertThat(cheap.getCost()).isGreaterThan(500);

    QueryResponse cut = search.query(SearchTesting.query("kb", "word").setMaxCost(100).build());
    assertThat(cut.getPartial()).isTrue();
    assertThat(cut.getTotalExact()).isFalse();
    assertThat(cut.getTotal()).isBetween(1L, 150L);
    Refused refused =
        Refused.by(
            () ->
                search.query(
                    SearchTesting.query("kb", "word")
                        .setMaxCost(100)
                        .setRefuseExpensive(true)
                        .build()));
    assertThat(refused.reason()).isEqualTo("SEARCH_QUERY_TOO_EXPENSIVE");
    assertThat(refused.status().getMessage()).contains("500", "100");
  }
}
