// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.english;
import static dev.quoin.server.search.SearchTesting.fields;
import static dev.quoin.server.search.SearchTesting.find;
import static dev.quoin.server.search.SearchTesting.ids;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.putVersion;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.string;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.DeleteQueryRequest;
import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.DropIndexRequest;
import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.FacetCounts;
import dev.quoin.search.v1.FacetRange;
import dev.quoin.search.v1.GetIndexRequest;
import dev.quoin.search.v1.GetIndexResponse;
import dev.quoin.search.v1.GetRequest;
import dev.quoin.search.v1.Highlight;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.ListIndexesRequest;
import dev.quoin.search.v1.ListQueriesRequest;
import dev.quoin.search.v1.Missing;
import dev.quoin.search.v1.PutOutcome;
import dev.quoin.search.v1.PutQueryRequest;
import dev.quoin.search.v1.PutResponse;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.QueryWeights;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SetAttributesRequest;
import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.search.v1.SuggestResponse;
import dev.quoin.search.v1.UpdateIndexRequest;
import dev.quoin.search.v1.Weights;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.RestoreArgs;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class SearchServiceTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void documentIsFoundByAllItHoldsAtEveryServer() {
    create(
        search,
        "kb",
        4,
        text("title"),
        english("body"),
        tag("kind"),
        number("votes"),
        string("by"));
    PutResponse created =
        put(
            search,
            "kb",
            "doc 1",
            "title",
            "Café Wi-Fi",
            "body",
            "Connections with C++ and redis6",
            "kind",
            List.of("how to", "network"),
            "votes",
            12.5,
            "by",
            "Zoë");

    assertThat(created.getOutcome()).isEqualTo(PutOutcome.PUT_OUTCOME_CREATED);
    assertThat(created.getVersion()).isEqualTo(1);
    for (String query :
        List.of(
            "café",
            "CAFÉ",
            "wi-fi",
            "\"wi fi\"",
            "connection",
            "body:connected",
            "c++",
            "redis6",
            "red*",
            "title:caf*",
            "kind:\"how to\"",
            "kind:net*",
            "votes:12.5",
            "votes:[12 TO 13]",
            "votes:{* TO 12.5]",
            "by:Zoë",
            "by:[Z TO *]",
            "by:Zo*",
            "*",
            "nothing +café",
            "(wi fi) -kind:office",
            "title:(café wi)")) {
      assertThat(find(search, "kb", query)).as(query).containsExactly("doc 1");
      assertThat(find(other, "kb", query)).as(query).containsExactly("doc 1");
    }
    for (String query :
        List.of(
            "cafe",
            "\"fi wi\"",
            "title:redis6",
            "kind:how",
            "votes:{12.5 TO *}",
            "by:zoë",
            "wi-fi -café",
            "connecti",
            "-wi *")) {
      assertThat(find(search, "kb", query)).as(query).isEmpty();
    }
  }

  @Test
  void olderAndSameVersionsChangeNothing() {
    create(search, "kb", 1, text("title"));
    putVersion(search, "kb", "1", 5, "title", "old");

    assertThat(putVersion(search, "kb", "1", 5, "title", "old").getOutcome())
        .isEqualTo(PutOutcome.PUT_OUTCOME_UNCHANGED);
    PutResponse stale = putVersion(search, "kb", "1", 4, "title", "older");
    assertThat(stale.getOutcome()).isEqualTo(PutOutcome.PUT_OUTCOME_STALE);
    assertThat(stale.getVersion()).isEqualTo(5);
    assertThat(putVersion(search, "kb", "1", 5, "title", "another").getOutcome())
        .isEqualTo(PutOutcome.PUT_OUTCOME_STALE);
    assertThat(find(search, "kb", "old")).containsExactly("1");
    assertThat(find(search, "kb", "another")).isEmpty();

    PutResponse newer = putVersion(search, "kb", "1", 9_007_199_254_740_993L, "title", "new");
    assertThat(newer.getOutcome()).isEqualTo(PutOutcome.PUT_OUTCOME_REPLACED);
    assertThat(find(search, "kb", "old")).isEmpty();
    assertThat(find(search, "kb", "new")).containsExactly("1");
    assertThat(put(search, "kb", "1", "title", "new").getOutcome())
        .isEqualTo(PutOutcome.PUT_OUTCOME_UNCHANGED);
    assertThat(put(search, "kb", "1", "title", "newest").getVersion())
        .isEqualTo(9_007_199_254_740_994L);
  }

  @Test
  void deletedDocumentsLeaveNoKeyBehind() {
    create(search, "kb", 3, english("body"), tag("kind"), number("votes"), string("by"));
    List<String> empty = keys();
    for (int i = 0; i < 40; i++) {
      put(
          search,
          "kb",
          "d" + i,
          "body",
          "running words of document " + i,
          "kind",
          "k" + i % 3,
          "votes",
          i,
          "by",
          "somebody " + i);
    }
    for (int i = 0; i < 40; i++) {
      put(search, "kb", "d" + i, "body", "other terms " + (i + 1), "kind", "k" + i % 5);
    }
    assertThat(find(search, "kb", "words")).isEmpty();
    assertThat(delete("d7", 0)).isTrue();
    assertThat(delete("d7", 0)).isFalse();
    assertThat(delete("d8", 1)).as("a newer version is stored").isFalse();
    assertThat(find(search, "kb", "terms")).hasSize(39);

    for (int i = 0; i < 40; i++) {
      delete("d" + i, 0);
    }

    assertThat(keys()).isEqualTo(empty);
    assertThat(search.getIndex(index()).getDocuments()).isZero();
    assertThat(search.dropIndex(DropIndexRequest.newBuilder().setIndex("kb").build()).getDropped())
        .isTrue();
    assertThat(keys())
        .as("only what keeps late calls from opening it again, for a while")
        .allSatisfy(
            key -> {
              assertThat(key).endsWith("meta");
              assertThat(TestRedis.commands().hkeys(key)).containsExactly("dropped");
              assertThat(TestRedis.commands().pttl(key)).isBetween(1L, 600_000L);
            });
    assertThat(search.dropIndex(DropIndexRequest.newBuilder().setIndex("kb").build()).getDropped())
        .isFalse();
  }

  private boolean delete(String id, long version) {
    DeleteRequest.Builder request = DeleteRequest.newBuilder().setIndex("kb").setId(id);
    if (version > 0) {
      request.setVersion(version);
    }
    return search.delete(request.build()).getDeleted();
  }

  private static GetIndexRequest index() {
    return GetIndexRequest.newBuilder().setIndex("kb").build();
  }

  private static List<String> keys() {
    return TestRedis.commands().keys("quoin:default:search:*").stream()
        .filter(key -> !key.contains("%names"))
        .sorted()
        .toList();
  }

  @Test
  void attributesChangeWithoutTheText() {
    create(search, "kb", 2, text("title"), tag("kind"), number("votes"));
    putVersion(search, "kb", "1", 7, "title", "one", "kind", "a", "votes", 1);

    assertThat(set("1", "votes", 2, "kind", List.of("b", "c"))).isTrue();
    assertThat(set("none", "votes", 2)).isFalse();

    assertThat(find(search, "kb", "one kind:c votes:2")).containsExactly("1");
    assertThat(find(search, "kb", "kind:a")).isEmpty();
    var stored = search.get(GetRequest.newBuilder().setIndex("kb").setId("1").build());
    assertThat(stored.getDocument().getVersion()).isEqualTo(7);
    assertThat(stored.getDocument().getFields())
        .isEqualTo(fields("title", "one", "kind", List.of("b", "c"), "votes", 2));
    set("1", "votes", new Object());
    assertThat(find(search, "kb", "votes:[* TO *]")).isEmpty();
    assertThat(Refused.by(() -> set("1", "title", "x")).fields())
        .containsExactly("fields[\"title\"]");
  }

  private boolean set(String id, Object... values) {
    return search
        .setAttributes(
            SetAttributesRequest.newBuilder()
                .setIndex("kb")
                .setId(id)
                .setFields(fields(values))
                .build())
        .getFound();
  }

  @Test
  void hitsAreSortedExactlyAndTiesComeById() {
    create(search, "kb", 3, text("title"), number("n"), string("s"));
    String longer = "x".repeat(3_000);
    put(search, "kb", "c", "title", "t", "n", 9_007_199_254_740_991L, "s", longer + "b");
    put(search, "kb", "b", "title", "t", "n", 9_007_199_254_740_990L, "s", longer + "a");
    put(search, "kb", "a", "title", "t", "n", -0.5, "s", "robbers");
    put(search, "kb", "e", "title", "t", "n", -0.5, "s", "robbery");
    put(search, "kb", "d", "title", "t");

    assertThat(sorted("n", Missing.MISSING_LAST)).containsExactly("a", "e", "b", "c", "d");
    assertThat(sorted("-n", Missing.MISSING_LAST)).containsExactly("c", "b", "a", "e", "d");
    assertThat(sorted("-n", Missing.MISSING_FIRST)).containsExactly("d", "c", "b", "a", "e");
    assertThat(sorted("s", Missing.MISSING_LAST)).containsExactly("a", "e", "b", "c", "d");
    assertThat(sorted("-s", Missing.MISSING_LAST)).containsExactly("c", "b", "e", "a", "d");
  }

  private List<String> sorted(String sort, Missing missing) {
    List<String> all =
        ids(search.query(query("kb", "t").addSort(sort).setMissing(missing).build()));
    assertThat(
            SearchTesting.walk(
                search, query("kb", "t").addSort(sort).setMissing(missing).setPageSize(1)))
        .isEqualTo(all);
    return all;
  }

  /** The weight of a vote is chosen per query; 432 seconds each is the order it once was. */
  @Test
  void weightOf432EqualsTheFixedOrderAndKeepsArticlesWithoutVotes() {
    search.createIndex(
        CreateIndexRequest.newBuilder()
            .setIndex("articles")
            .setPartitions(2)
            .addFields(text("title"))
            .addFields(number("time"))
            .addFields(number("votes"))
            .putWeightProfiles(
                "classic",
                Weights.newBuilder().putByField("time", 1).putByField("votes", 432).build())
            .build());
    java.util.Random random = new java.util.Random(4);
    record Article(String id, double fixed) {}
    List<Article> articles = new java.util.ArrayList<>();
    for (int i = 0; i < 60; i++) {
      int time = 1_332_000_000 + random.nextInt(200_000);
      int votes = i % 7 == 0 ? 0 : random.nextInt(500);
      articles.add(new Article("a" + i, time + 432.0 * votes));
      if (i % 7 == 0) {
        put(search, "articles", "a" + i, "title", "article", "time", time);
      } else {
        put(search, "articles", "a" + i, "title", "article", "time", time, "votes", votes);
      }
    }
    List<String> fixed =
        articles.stream()
            .sorted(
                java.util.Comparator.comparingDouble((Article a) -> -a.fixed())
                    .thenComparing(Article::id))
            .map(Article::id)
            .toList();

    var byProfile =
        query("articles", "article")
            .setWeights(QueryWeights.newBuilder().setProfile("classic"))
            .setPageSize(25);
    assertThat(SearchTesting.walk(search, byProfile)).isEqualTo(fixed);
    var byMap =
        query("articles", "*")
            .setWeights(
                QueryWeights.newBuilder()
                    .setCustom(
                        QueryWeights.WeightMap.newBuilder()
                            .putByField("time", 1)
                            .putByField("votes", 432)))
            .setPageSize(25);
    assertThat(SearchTesting.walk(search, byMap)).isEqualTo(fixed);
  }

  @Test
  void explanationAddsUpToTheScore() {
    create(search, "kb", 1, text("title"), text("body"), number("votes"));
    put(search, "kb", "1", "title", "redis lock", "body", "a redis lock expires", "votes", 3);
    put(search, "kb", "2", "title", "queue", "body", "no redis");

    QueryResponse found =
        search.query(
            query("kb", "redis \"lock expires\" exp*")
                .setExplain(true)
                .setWeights(
                    QueryWeights.newBuilder()
                        .setCustom(
                            QueryWeights.WeightMap.newBuilder()
                                .putByField("votes", 0.1)
                                .putByField("_score", 2)))
                .build());

    Hit hit = found.getHits(0);
    assertThat(found.getTotal()).isEqualTo(1);
    assertThat(hit.getExplanation().getScorePartsList())
        .extracting(part -> part.getField() + ":" + part.getTerm())
        .containsExactly("title:redis", "body:redis", "body:lock expires", "body:exp*", "votes:");
    assertThat(
            hit.getExplanation().getScorePartsList().stream()
                .mapToDouble(part -> part.getPartScore())
                .sum())
        .isCloseTo(hit.getScore(), org.assertj.core.data.Offset.offset(1e-9));
    assertThat(hit.getScore()).isEqualTo(hit.getExplanation().getScore()).isGreaterThan(0.3);
  }

  @Test
  void facetsCountAllMatchesAndDisjunctiveOnesWithoutTheirOwnFilter() {
    create(search, "shop", 3, text("title"), tag("color"), tag("size"), number("price"));
    String[] colors = {"red", "green", "blue"};
    for (int i = 0; i < 30; i++) {
      put(
          search,
          "shop",
          "p" + i,
          "title",
          "shirt",
          "color",
          colors[i % 3],
          "size",
          i % 2 == 0 ? "m" : "l",
          "price",
          i);
    }
    Facet color = Facet.newBuilder().setField("color").setDisjunctive(true).build();
    Facet size = Facet.newBuilder().setField("size").setDisjunctive(true).build();
    Facet price =
        Facet.newBuilder()
            .setField("price")
            .addRanges(FacetRange.newBuilder().setUpper(10))
            .addRanges(FacetRange.newBuilder().setLower(10).setUpper(20))
            .addRanges(FacetRange.newBuilder().setLower(20))
            .build();

    QueryResponse found =
        search.query(
            query("shop", "shirt color:red size:m")
                .addFacets(color)
                .addFacets(size)
                .addFacets(price)
                .build());

    assertThat(found.getTotal()).isEqualTo(5);
    assertThat(counts(found.getFacets(0))).containsExactly("blue 5", "green 5", "red 5");
    assertThat(counts(found.getFacets(1))).containsExactly("l 5", "m 5");
    assertThat(counts(found.getFacets(2)))
        .containsExactly("(-inf, 10) 2", "[10, 20) 2", "[20, +inf) 1");
    QueryResponse plain =
        search.query(
            query("shop", "shirt color:red")
                .addFacets(color.toBuilder().setDisjunctive(false).setLimit(1))
                .build());
    assertThat(counts(plain.getFacets(0))).containsExactly("red 10");
  }

  private static List<String> counts(FacetCounts facet) {
    return facet.getValuesList().stream().map(v -> v.getValue() + " " + v.getCount()).toList();
  }

  @Test
  void highlightsShowWhereTextsMatch() {
    create(search, "kb", 1, english("body"), text("title"));
    put(
        search,
        "kb",
        "1",
        "title",
        "Locks",
        "body",
        "Leases end. ".repeat(30)
            + "A lock that was lost is not locked. "
            + "More text. ".repeat(30));

    Hit hit =
        search
            .query(
                query("kb", "lock -nothing")
                    .addHighlight("body")
                    .addHighlight("title")
                    .addReturnFields("title")
                    .build())
            .getHits(0);

    assertThat(hit.getFields()).isEqualTo(fields("title", "Locks"));
    assertThat(hit.getHighlightsList()).extracting(Highlight::getField).containsExactly("body");
    Highlight.Fragment fragment = hit.getHighlights(0).getFragments(0);
    assertThat(fragment.getPartsList().stream().filter(part -> part.getMatched()))
        .extracting(part -> part.getText())
        .containsExactly("lock", "locked");
    assertThat(
            fragment.getPartsList().stream()
                .map(part -> part.getText())
                .collect(java.util.stream.Collectors.joining()))
        .contains("A lock that was lost is not locked. ")
        .hasSizeLessThan(250);
  }

  @Test
  void wordsAreSuggestedAsTheyWereWrittenWithWhatASearchFinds() {
    create(search, "kb", 2, english("body"), tag("kind"));
    put(search, "kb", "1", "body", "Connections", "kind", "Network");
    put(search, "kb", "2", "body", "connected connection", "kind", "Net");
    put(search, "kb", "3", "body", "connector");

    SuggestResponse begun = suggest("body", "conn", false);
    assertThat(begun.getTermsList())
        .extracting(term -> term.getTerm() + " " + term.getCount())
        .containsExactly("connected 2", "connection 2", "connections 2", "connector 1");
    assertThat(suggest("kind", "Net", false).getTermsList())
        .extracting(term -> term.getTerm())
        .containsExactly("Net", "Network");
    assertThat(suggest("body", "conection", true).getTermsList())
        .extracting(term -> term.getTerm())
        .containsExactly("connection", "connections");
    assertThat(find(search, "kb", "connectio*")).containsExactly("1", "2");
    delete("2", 0);
    delete("3", 0);
    assertThat(suggest("body", "", false).getTermsList())
        .extracting(term -> term.getTerm())
        .containsExactly("connections");
  }

  private SuggestResponse suggest(String field, String prefix, boolean similar) {
    return search.suggest(
        SuggestRequest.newBuilder()
            .setIndex("kb")
            .setField(field)
            .setPrefix(prefix)
            .setSimilar(similar)
            .build());
  }

  @Test
  void indexIsCreatedOnceAndUpdatedWithFields() {
    CreateIndexRequest request =
        CreateIndexRequest.newBuilder().setIndex("kb").addFields(text("title")).build();
    assertThat(search.createIndex(request).getCreated()).isTrue();
    assertThat(other.createIndex(request).getCreated()).isFalse();
    Refused exists =
        Refused.by(() -> search.createIndex(request.toBuilder().setPartitions(2).build()));
    assertThat(exists.reason()).isEqualTo("SEARCH_INDEX_EXISTS");

    UpdateIndexRequest update =
        UpdateIndexRequest.newBuilder().setIndex("kb").addFields(number("votes")).build();
    assertThat(search.updateIndex(update).getReindexRequired()).isFalse();
    put(other, "kb", "1", "title", "one", "votes", 1);
    assertThat(find(search, "kb", "votes:1")).containsExactly("1");
    assertThat(
            search
                .updateIndex(update.toBuilder().addFields(tag("kind")).build())
                .getReindexRequired())
        .isTrue();
    put(other, "kb", "2", "kind", "new");
    assertThat(find(other, "kb", "kind:new")).containsExactly("2");
    assertThat(
            Refused.by(
                    () ->
                        search.updateIndex(
                            update.toBuilder().clearFields().addFields(string("votes")).build()))
                .reason())
        .isEqualTo("SEARCH_INDEX_EXISTS");
    GetIndexResponse got = other.getIndex(index());
    assertThat(got.getFieldsList())
        .extracting(f -> f.getName())
        .containsExactly("title", "votes", "kind");
    assertThat(got.getDocuments()).isEqualTo(2);
    assertThat(got.getOutdated()).isFalse();
  }

  @Test
  void droppedIndexThatIsCreatedAnewIsEmptyForServersThatKnewTheOld() {
    create(search, "kb", 2, text("title"));
    put(search, "kb", "1", "title", "old");
    assertThat(find(other, "kb", "old")).containsExactly("1");
    search.dropIndex(DropIndexRequest.newBuilder().setIndex("kb").build());
    assertThat(Refused.by(() -> find(other, "kb", "old")).reason())
        .isEqualTo("SEARCH_INDEX_NOT_FOUND");
    assertThat(Refused.by(() -> put(other, "kb", "1", "title", "old")).reason())
        .isEqualTo("SEARCH_INDEX_NOT_FOUND");

    create(search, "kb", 1, number("title"));

    assertThat(Refused.by(() -> put(other, "kb", "1", "title", "old")).fields())
        .containsExactly("document.fields[\"title\"]");
    put(other, "kb", "1", "title", 1);
    assertThat(find(other, "kb", "*")).containsExactly("1");
  }

  /** A server died after it had defined an index and before it had opened all partitions. */
  @Test
  void indexWhosePartitionsWereNotOpenedIsMadeWhole() {
    create(search, "kb", 4, text("title"));
    keys().stream().filter(key -> key.endsWith("meta")).forEach(TestRedis.commands()::del);

    put(other, "kb", "1", "title", "word");

    assertThat(find(search, "kb", "word")).containsExactly("1");
  }

  @TestFactory
  Stream<DynamicTest> indexesAreListed() {
    return PagingKit.tests(
        SearchGrpc.getListIndexesMethod(),
        ListIndexesRequest.newBuilder().setPrefix("i"),
        ListIndexesRequest.newBuilder().setPrefix("j"),
        i -> create(search, "i" + i, 1, text("t")));
  }

  @TestFactory
  Stream<DynamicTest> queriesAreListed() {
    create(search, "kb", 2, text("t"));
    return PagingKit.tests(
        SearchGrpc.getListQueriesMethod(),
        ListQueriesRequest.newBuilder().setIndex("kb").setPrefix("q"),
        ListQueriesRequest.newBuilder().setIndex("kb").setPrefix("r"),
        i ->
            search.putQuery(
                PutQueryRequest.newBuilder()
                    .setIndex("kb")
                    .setQueryId("q" + i)
                    .setQuery("word" + i)
                    .build()));
  }

  @TestFactory
  Stream<DynamicTest> hitsArePaged() {
    create(search, "kb", 2, text("t"));
    return PagingKit.tests(
        SearchGrpc.getQueryMethod(),
        query("kb", "same"),
        query("kb", "other"),
        i -> put(search, "kb", "d" + i, "t", "same"));
  }

  @Test
  void savedQueriesAreKeptUntilTheyAreDeleted() {
    create(search, "kb", 3, text("t"), number("n"));
    assertThat(save("q", "one two")).isTrue();
    assertThat(save("q", "three")).isFalse();
    assertThat(
            search
                .listQueries(ListQueriesRequest.newBuilder().setIndex("kb").build())
                .getSavedQueriesList())
        .extracting(query -> query.getQueryId() + " " + query.getQuery())
        .containsExactly("q three");
    assertThat(search.getIndex(index()).getQueries()).isEqualTo(1);
    assertThat(Refused.by(() -> save("r", "n:[1 TO 2]")).fields()).containsExactly("query");
    assertThat(Refused.by(() -> save("q", "one -one")).fields()).containsExactly("query");
    DeleteQueryRequest delete =
        DeleteQueryRequest.newBuilder().setIndex("kb").setQueryId("q").build();
    assertThat(search.deleteQuery(delete).getDeleted()).isTrue();
    assertThat(search.deleteQuery(delete).getDeleted()).isFalse();
    assertThat(keys()).noneMatch(key -> key.endsWith("queries") || key.endsWith("probes"));
    assertThat(keys().stream().filter(key -> key.endsWith("meta")))
        .as("puts have nothing to try any more")
        .hasSize(3)
        .allSatisfy(key -> assertThat(TestRedis.commands().hexists(key, "queries")).isFalse());
  }

  /** Servers throw away what they keep when the stamp of documents is one they do not know. */
  @Test
  void savedQueriesDoNotTouchTheStampOfDocuments() {
    create(search, "kb", 1, text("t"));
    put(search, "kb", "1", "t", "one");
    String meta = "quoin:default:search:{kb/0}:meta";
    String stamp = TestRedis.commands().hget(meta, "stamp");

    save("q", "one");
    search.deleteQuery(DeleteQueryRequest.newBuilder().setIndex("kb").setQueryId("q").build());

    assertThat(stamp).isNotNull().isEqualTo(TestRedis.commands().hget(meta, "stamp"));
  }

  /** A call that is late: it has seen the definition of an index that is gone by now. */
  @Test
  void lateCallsForADroppedIndexLeaveTheNewOneAlone() {
    create(search, "kb", 2, text("title"));
    String definition = definitionKey();
    byte[] old = TestRedis.commands().dump(definition);
    DropIndexRequest drop = DropIndexRequest.newBuilder().setIndex("kb").build();
    search.dropIndex(drop);
    restore(definition, old);

    assertThat(Refused.by(() -> search.getIndex(index())).reason())
        .isEqualTo("SEARCH_INDEX_NOT_FOUND");
    assertThat(Refused.by(() -> put(search, "kb", "1", "title", "x")).reason())
        .isEqualTo("SEARCH_INDEX_NOT_FOUND");
    assertThat(keys().stream().filter(key -> key.endsWith("meta")))
        .allSatisfy(key -> assertThat(TestRedis.commands().pttl(key)).isPositive());

    TestRedis.commands().del(definition);
    create(search, "kb", 2, text("title"));
    put(search, "kb", "1", "title", "kept");
    byte[] newer = TestRedis.commands().dump(definition);
    restore(definition, old);
    assertThat(search.dropIndex(drop).getDropped()).isTrue();
    restore(definition, newer);

    assertThat(find(search, "kb", "kept")).containsExactly("1");
    assertThat(find(other, "kb", "kept")).containsExactly("1");
  }

  private static String definitionKey() {
    return keys().stream().filter(key -> key.contains("{kb}")).findFirst().orElseThrow();
  }

  private static void restore(String key, byte[] dumped) {
    TestRedis.commands().restore(key, dumped, RestoreArgs.Builder.ttl(0).replace());
  }

  /** Positions are worth nothing when fields or weights are others. */
  @Test
  void tokensOfAnIndexThatWasChangedAreRefused() {
    create(search, "kb", 1, text("t"));
    for (int i = 0; i < 5; i++) {
      put(search, "kb", "d" + i, "t", "word");
    }
    QueryResponse first = search.query(query("kb", "word").setPageSize(2).build());
    search.updateIndex(
        UpdateIndexRequest.newBuilder().setIndex("kb").addFields(text("more")).build());

    assertThat(
            Refused.by(
                    () ->
                        search.query(
                            query("kb", "word")
                                .setPageSize(2)
                                .setPageToken(first.getNextPageToken())
                                .build()))
                .fields())
        .containsExactly("page_token");
  }

  private boolean save(String id, String query) {
    return search
        .putQuery(
            PutQueryRequest.newBuilder().setIndex("kb").setQueryId(id).setQuery(query).build())
        .getCreated();
  }
}
