// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Offset.offset;

import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.server.search.ReferenceIndex.Asked;
import dev.quoin.server.search.ReferenceIndex.Doc;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.StringField;
import org.apache.lucene.document.TextField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.PhraseQuery;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The same sets, orders, facets, pages and scores as a plain reference, and as Lucene. */
@Tag("redis")
final class SearchDifferentialTest {
  private static final int ROUNDS = 60;

  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());
  private final ReferenceIndex reference = new ReferenceIndex();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 8})
  void randomQueriesFindWhatTheReferenceFindsWhileDocumentsChange(int partitions) {
    create(partitions);
    Random random = new Random(partitions);
    for (int i = 0; i < 150; i++) {
      put(random, "d" + i);
    }
    for (int round = 0; round < ROUNDS; round++) {
      change(random);
      Asked asked = reference.random(random, 2);
      compareSets(asked, random);
      compareScores(asked);
      compareFacets(asked, random);
    }
  }

  private void create(int partitions) {
    SearchTesting.create(
        search,
        "kb",
        partitions,
        SearchTesting.text("title"),
        SearchTesting.english("body"),
        SearchTesting.tag("kind"),
        SearchTesting.number("votes"),
        SearchTesting.string("by"));
  }

  private void change(Random random) {
    for (int i = 0; i < 3; i++) {
      String id = "d" + random.nextInt(170);
      if (random.nextInt(3) == 0) {
        reference.documents.remove(id);
        other.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build());
      } else {
        put(random, id);
      }
    }
  }

  private void put(Random random, String id) {
    Doc doc = reference.randomDocument(random, id);
    reference.documents.put(id, doc);
    List<Object> fields =
        new ArrayList<>(List.of("title", doc.title(), "body", doc.body(), "kind", doc.kinds()));
    if (doc.votes() != null) {
      fields.addAll(List.of("votes", doc.votes()));
    }
    if (doc.by() != null) {
      fields.addAll(List.of("by", doc.by()));
    }
    SearchTesting.put(search, "kb", id, fields.toArray());
  }

  private void compareSets(Asked asked, Random random) {
    Comparator<Doc> order =
        Comparator.comparing(
            Doc::votes, Comparator.nullsLast(Comparator.<Double>naturalOrder().reversed()));
    order = order.thenComparing(Doc::by, Comparator.nullsLast(ReferenceIndex::bytes));
    QueryRequest.Builder query =
        SearchTesting.query("kb", asked.text())
            .addSort("-votes")
            .addSort("by")
            .setPageSize(1 + random.nextInt(30));

    assertThat(SearchTesting.walk(random.nextBoolean() ? search : other, query))
        .as(asked.text())
        .isEqualTo(reference.find(asked, order));
  }

  private void compareScores(Asked asked) {
    QueryResponse found =
        search.query(SearchTesting.query("kb", asked.text()).setPageSize(100).build());
    assertThat(found.getTotalExact()).isTrue();
    assertThat(found.getTotal())
        .as(asked.text())
        .isEqualTo(reference.documents.values().stream().filter(asked.meets()).count());
    double last = Double.MAX_VALUE;
    for (Hit hit : found.getHitsList()) {
      double score = asked.score().apply(reference.documents.get(hit.getId()));
      assertThat(hit.getScore()).as(asked.text()).isCloseTo(score, offset(1e-9));
      assertThat(hit.getScore()).isLessThanOrEqualTo(last);
      last = hit.getScore();
    }
  }

  private void compareFacets(Asked asked, Random random) {
    Asked filter = reference.kind("k" + random.nextInt(4));
    QueryResponse found =
        other.query(
            SearchTesting.query("kb", ReferenceIndex.group(asked).text() + ' ' + filter.text())
                .addFacets(Facet.newBuilder().setField("kind").setDisjunctive(true).setLimit(100))
                .build());
    assertThat(counts(found)).as(asked.text()).isEqualTo(reference.kinds(free(asked)));
    QueryResponse plain =
        search.query(
            SearchTesting.query("kb", asked.text())
                .addFacets(Facet.newBuilder().setField("kind").setLimit(100))
                .build());
    assertThat(counts(plain)).isEqualTo(reference.kinds(asked.meets()));
  }

  /** A group at the top is taken apart, so that conditions on tags in it are left out, too. */
  private static java.util.function.Predicate<Doc> free(Asked asked) {
    return ReferenceIndex.withoutKinds(asked);
  }

  private static Map<String, Long> counts(QueryResponse found) {
    Map<String, Long> counts = new HashMap<>();
    found.getFacets(0).getValuesList().forEach(v -> counts.put(v.getValue(), v.getCount()));
    return counts;
  }

  /** Terms with sealed blocks, documents in the middle of them replaced, ordinals used again. */
  @Test
  void frequentTermsStayRightWhileDocumentsComeAndGo() {
    SearchTesting.create(search, "big", 1, SearchTesting.text("t"), SearchTesting.number("n"));
    Map<String, String> texts = new TreeMap<>();
    Random random = new Random(5);
    Bulk bulk = new Bulk(TestServer.first(), "big");
    for (int i = 0; i < 5_200; i++) {
      String text = "all " + (i % 2 == 0 ? "even of" : "of odd") + " w" + i % 50;
      texts.put("d" + i, text);
      bulk.put("d" + i, "t", text, "n", i);
    }
    bulk.finish();
    compareBig(texts);
    for (int i = 0; i < 1_500; i++) {
      String id = "d" + random.nextInt(5_400);
      if (random.nextInt(2) == 0) {
        texts.remove(id);
        other.delete(DeleteRequest.newBuilder().setIndex("big").setId(id).build());
      } else {
        String text = "all new w" + random.nextInt(50);
        texts.put(id, text);
        SearchTesting.put(search, "big", id, "t", text, "n", random.nextInt(100));
      }
      if (i % 250 == 0) {
        compareBig(texts);
      }
    }
    compareBig(texts);
    for (String id : texts.keySet()) {
      search.delete(DeleteRequest.newBuilder().setIndex("big").setId(id).build());
    }
    assertThat(TestRedis.commands().exists("quoin:default:search:{big/0}:terms")).isZero();
    assertThat(TestRedis.commands().exists("quoin:default:search:{big/0}:columns")).isZero();
    assertThat(TestRedis.commands().exists("quoin:default:search:{big/0}:words")).isZero();
  }

  private void compareBig(Map<String, String> texts) {
    for (SearchBlockingStub at : List.of(search, other)) {
      compareBig(at, texts, "all", "all");
      compareBig(at, texts, "all even", "even");
      compareBig(at, texts, "\"all even of w7\"", "all even of w7");
      compareBig(at, texts, "w8 -even", "w8$");
    }
  }

  private static void compareBig(
      SearchBlockingStub at, Map<String, String> texts, String query, String pattern) {
    long expected =
        texts.values().stream()
            .filter(text -> java.util.regex.Pattern.compile(pattern).matcher(text).find())
            .filter(text -> !query.contains("-even") || !text.contains("even"))
            .count();
    assertThat(at.query(SearchTesting.query("big", query).build()).getTotal())
        .as(query)
        .isEqualTo(expected);
  }

  @Test
  void scoresAndOrderAreThoseOfLucene() throws Exception {
    SearchTesting.create(search, "texts", 8, SearchTesting.text("t"));
    Random random = new Random(9);
    try (Analyzer analyzer = new StandardAnalyzer();
        ByteBuffersDirectory directory = new ByteBuffersDirectory()) {
      IndexWriterConfig config = new IndexWriterConfig(analyzer);
      try (IndexWriter writer = new IndexWriter(directory, config)) {
        Bulk bulk = new Bulk(TestServer.first(), "texts");
        for (int i = 0; i < 400; i++) {
          StringBuilder text = new StringBuilder();
          for (int w = 1 + random.nextInt(120); w > 0; w--) {
            text.append(ReferenceIndex.word(random)).append(' ');
          }
          bulk.put("d" + i, "t", text.toString());
          var document = new org.apache.lucene.document.Document();
          document.add(new StringField("id", "d" + i, Field.Store.YES));
          document.add(new TextField("t", text.toString(), Field.Store.NO));
          writer.addDocument(document);
        }
        bulk.finish();
      }
      try (DirectoryReader reader = DirectoryReader.open(directory)) {
        IndexSearcher lucene = new IndexSearcher(reader);
        for (int i = 0; i < 40; i++) {
          String one = ReferenceIndex.word(random);
          String two = ReferenceIndex.word(random);
          BooleanQuery.Builder both = new BooleanQuery.Builder();
          both.add(new TermQuery(new Term("t", one)), BooleanClause.Occur.MUST);
          both.add(new TermQuery(new Term("t", two)), BooleanClause.Occur.MUST);
          compareToLucene(lucene, both.build(), one + ' ' + two);
          compareToLucene(lucene, new TermQuery(new Term("t", one)), one);
          compareToLucene(lucene, new PhraseQuery("t", one, two), '"' + one + ' ' + two + '"');
        }
      }
    }
  }

  private void compareToLucene(
      IndexSearcher lucene, org.apache.lucene.search.Query query, String text) throws Exception {
    Map<String, Double> expected = new HashMap<>();
    List<String> order = new ArrayList<>();
    for (ScoreDoc doc : lucene.search(query, 1_000).scoreDocs) {
      String id = lucene.storedFields().document(doc.doc).get("id");
      expected.put(id, (double) doc.score);
      order.add(id);
    }
    List<Hit> hits = new ArrayList<>();
    QueryRequest.Builder request = SearchTesting.query("texts", text).setPageSize(100);
    QueryResponse page;
    do {
      page = search.query(request.build());
      hits.addAll(page.getHitsList());
      request.setPageToken(page.getNextPageToken());
    } while (!page.getNextPageToken().isEmpty());

    assertThat(hits).as(text).hasSize(order.size());
    for (int i = 0; i < hits.size(); i++) {
      // Lucene computes in 32 bits and lets the newer of two equal documents wait.
      assertThat(hits.get(i).getScore())
          .as(text)
          .isCloseTo(expected.get(order.get(i)), offset(1e-5))
          .isCloseTo(expected.get(hits.get(i).getId()), offset(1e-5));
    }
  }
}
