// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.field;
import static dev.quoin.server.search.SearchTesting.ids;
import static dev.quoin.server.search.SearchTesting.number;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.string;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static dev.quoin.server.search.SearchTesting.walk;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.search.v1.DeleteRequest;
import dev.quoin.search.v1.Explanation.ScorePart;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.PutQueryRequest;
import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.QueryWeights;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.search.v1.SuggestResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Work, memory and replies are bounded, whatever is put and asked. */
@Tag("redis")
final class SearchBoundsTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchBlockingStub other =
      SearchGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  private void createWithFields(int count) {
    create(
        search,
        "kb",
        1,
        IntStream.range(0, count).mapToObj(i -> text("t" + i)).toArray(FieldDefinition[]::new));
  }

  private static String words(String between, int count) {
    StringBuilder words = new StringBuilder("w");
    for (int i = 1; i < count; i++) {
      words.append(between).append('w').append(i);
    }
    return words.toString();
  }

  @Test
  void pagesOfDocumentsThatAreShortOnlyInRedisFitIntoAReply() {
    create(search, "kb", 1, text("t"));
    for (int i = 0; i < 12; i++) {
      put(search, "kb", "d" + i, "t", "once upon ".repeat(90_000));
    }
    QueryResponse first = search.query(query("kb", "upon").build());

    assertThat(first.getSerializedSize()).isLessThan(2 << 20);
    assertThat(walk(search, query("kb", "upon"))).hasSize(12).doesNotHaveDuplicates();
  }

  @Test
  void pagesOfLargeDocumentsOfManyPartitionsFitIntoAReply() {
    create(search, "kb", 16, text("t"));
    Random random = new Random(1);
    for (int i = 0; i < 16; i++) {
      StringBuilder text = new StringBuilder("word ");
      while (text.length() < 600_000) {
        text.append(Integer.toString(random.nextInt(1_000), 36)).append(' ');
      }
      put(search, "kb", "d" + i, "t", text.toString());
    }
    QueryResponse first = search.query(query("kb", "word").build());

    assertThat(first.getSerializedSize()).isLessThan(2 << 20);
    assertThat(walk(search, query("kb", "word"))).hasSize(16).doesNotHaveDuplicates();
  }

  @Test
  void termsOfAQueryAreCountedWithTheFieldsTheyAreLookedForIn() {
    createWithFields(8);
    put(search, "kb", "1", "t7", "w600");

    assertThat(ids(search.query(query("kb", words(" +", 500)).build()))).isEmpty();
    Refused many = Refused.by(() -> search.query(query("kb", words(" +", 601)).build()));
    assertThat(many.fields()).containsExactly("query");
    assertThat(many.status().getMessage()).contains("4,096 terms, not 4,808");
    Refused prefixes = Refused.by(() -> search.query(query("kb", words("* +", 17) + '*').build()));
    assertThat(prefixes.fields()).containsExactly("query");
    assertThat(prefixes.status().getMessage()).contains("128 prefixes, not 136");
  }

  @Test
  void synonymsOfASavedQueryAreCountedWithTheFieldsTheyMayBeIn() {
    createWithFields(9);

    Refused refused = Refused.by(() -> save(words(" +", 900).substring(0, 3_000)));

    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly("query");
    save(words(" +", 100));
  }

  private void save(String query) {
    search.putQuery(
        PutQueryRequest.newBuilder().setIndex("kb").setQueryId("q").setQuery(query).build());
  }

  /** Every put copies the blocks its values are in, so long values stand apart from them. */
  @Test
  void longStringsStandApartFromTheirBlock() {
    create(search, "kb", 1, string("s"), tag("k"), text("t"));
    String columns = "quoin:default:search:{kb/0}:columns";
    String rest = "x".repeat(8_000);
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    for (int i = 0; i < 300; i++) {
      bulk.put("d" + i, "s", String.format("%03d", i) + rest, "k", "k" + "y".repeat(i % 200));
    }
    bulk.finish();
    assertThat(TestRedis.commands().hkeys(columns))
        .allSatisfy(
            field ->
                assertThat(TestRedis.commands().hstrlen(columns, field))
                    .isLessThan(field.length() > 4 ? 8_200 : 17_000));

    List<String> all = IntStream.range(0, 300).mapToObj(i -> "d" + i).toList();
    assertThat(walk(other, query("kb", "*").addSort("s").addReturnFields("k").setPageSize(100)))
        .isEqualTo(all);
    assertThat(walk(other, query("kb", "s:[\"005" + rest + "\" TO 007]")))
        .containsExactlyInAnyOrder("d5", "d6");
    assertThat(walk(other, query("kb", "s:12*")).stream().filter(id -> id.startsWith("d12")))
        .hasSize(10);
    put(search, "kb", "d0", "s", "zz" + rest);
    put(search, "kb", "d1", "s", "zz");
    assertThat(ids(other.query(query("kb", "*").addSort("-s").setPageSize(3).build())))
        .containsExactly("d0", "d1", "d299");
    all.forEach(id -> search.delete(DeleteRequest.newBuilder().setIndex("kb").setId(id).build()));
    assertThat(TestRedis.commands().exists(columns)).isZero();
  }

  /** Queries hold what they read until they end: a small server says what it has found in that. */
  @Test
  void queryThatWouldHoldMoreThanTheServerHasIsPartial() {
    create(search, "kb", 1, string("s"), text("t"));
    String rest = "x".repeat(8_000);
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    for (int i = 0; i < 2_000; i++) {
      bulk.put("d" + i, "s", i + rest, "t", "word");
    }
    bulk.finish();
    try (ServerProcess small =
        ServerProcess.start(
            Map.of("JAVA_TOOL_OPTIONS", "-Xmx80m"),
            "--redis",
            TestRedis.uri(),
            "--allow-volatile-redis")) {
      SearchBlockingStub there = SearchGrpc.newBlockingStub(small.channel());
      QueryResponse found =
          there.query(
              query("kb", "word")
                  .addSort("s")
                  .addReturnFields("t")
                  .setTimeout(Durations.fromSeconds(60))
                  .build());
      assertThat(found.getPartial()).isTrue();
      assertThat(found.getTotal()).isBetween(100L, 1_999L);
      Eventually.until(
          "what was held is free again",
          () -> there.query(query("kb", "word").addReturnFields("t").build()).getTotal() == 2_000);
    }
  }

  /** What finds nothing is counted, too. */
  @Test
  void phraseThatIsNowhereCostsWhatItLooksAt() {
    create(search, "kb", 1, text("t"), number("n"));
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    for (int i = 0; i < 3_000; i++) {
      bulk.put("d" + i, "t", "b and a", "n", i);
    }
    bulk.finish();

    for (String nothing : new String[] {"\"a b\"", "n:[-5 TO -1]", "a -b*"}) {
      QueryResponse whole = search.query(query("kb", nothing).build());
      assertThat(whole.getPartial()).as(nothing).isFalse();
      assertThat(whole.getTotal()).isZero();
      QueryResponse part = search.query(query("kb", nothing).setMaxCost(500).build());
      assertThat(part.getPartial()).as(nothing).isTrue();
      assertThat(part.getCost()).isBetween(500L, 520L);
    }
  }

  @Test
  void scoresThatAreTooLargeForNumbersStayNumbersAndInOrder() {
    create(search, "kb", 2, number("a"), number("b"));
    for (int i = 0; i < 10; i++) {
      put(search, "kb", "d" + i, "a", i % 3 * 1e300, "b", i % 2 * 1e300);
    }
    QueryWeights.WeightMap weights =
        QueryWeights.WeightMap.newBuilder().putByField("a", 1e300).putByField("b", -1e300).build();

    assertThat(
            walk(
                search,
                query("kb", "*")
                    .setWeights(QueryWeights.newBuilder().setCustom(weights))
                    .setPageSize(3)))
        .containsExactly("d2", "d4", "d8", "d0", "d1", "d5", "d6", "d7", "d3", "d9");
  }

  @Test
  void everyHitIsExplainedWhateverTheOrder() {
    create(
        search, "kb", 3, field("t", FieldType.FIELD_TYPE_TEXT).setWeight(2).build(), number("n"));
    for (int i = 0; i < 30; i++) {
      put(search, "kb", "d" + i, "t", "begun word beginning " + "word ".repeat(i % 7), "n", -i);
    }
    QueryResponse found =
        search.query(
            query("kb", "beg* word").addSort("n").setExplain(true).setPageSize(30).build());

    assertThat(found.getHitsList()).hasSize(30);
    for (Hit hit : found.getHitsList()) {
      double sum =
          hit.getExplanation().getScorePartsList().stream()
              .mapToDouble(ScorePart::getPartScore)
              .sum();
      assertThat(hit.getExplanation().getScorePartsCount()).isEqualTo(2);
      assertThat(sum).isCloseTo(hit.getScore(), org.assertj.core.data.Offset.offset(1e-9));
    }
  }

  @Test
  void suggestionsOfManyPartitionsAreTheFirstWordsOfAll() {
    create(search, "kb", 8, text("t"));
    Bulk bulk = new Bulk(TestServer.first(), "kb");
    for (int i = 0; i < 16; i++) {
      StringBuilder text = new StringBuilder();
      for (int w = 0; w < 400; w++) {
        text.append(String.format("w%05d ", i * 400 + w));
      }
      bulk.put("d" + i, "t", text.toString());
    }
    bulk.finish();

    SuggestResponse suggested =
        search.suggest(
            SuggestRequest.newBuilder().setIndex("kb").setField("t").setPrefix("w").build());
    assertThat(suggested.getPartial()).isTrue();
    assertThat(suggested.getTerms(0).getTerm()).isEqualTo("w00000");
    assertThat(
            search
                .suggest(
                    SuggestRequest.newBuilder()
                        .setIndex("kb")
                        .setField("t")
                        .setPrefix("w0639")
                        .build())
                .getPartial())
        .isFalse();
  }

  @Test
  void distancesAreThoseOfTheWholeTable() {
    Random random = new Random(1);
    for (int i = 0; i < 20_000; i++) {
      String one = letters(random);
      String another = letters(random);
      int most = 1 + random.nextInt(2);
      assertThat(Suggestions.distance(one, another, most))
          .as(one + " " + another)
          .isEqualTo(Math.min(most + 1, wholeTable(one, another)));
    }
  }

  private static String letters(Random random) {
    StringBuilder letters = new StringBuilder();
    for (int i = random.nextInt(8); i > 0; i--) {
      letters.append((char) ('a' + random.nextInt(3)));
    }
    return letters.toString();
  }

  private static int wholeTable(String one, String other) {
    int[][] rows = new int[one.length() + 1][other.length() + 1];
    for (int i = 0; i <= one.length(); i++) {
      for (int j = 0; j <= other.length(); j++) {
        if (i == 0 || j == 0) {
          rows[i][j] = i + j;
          continue;
        }
        int replaced = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
        rows[i][j] =
            Math.min(rows[i - 1][j - 1] + replaced, Math.min(rows[i - 1][j], rows[i][j - 1]) + 1);
        if (i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)) {
          rows[i][j] = Math.min(rows[i][j], rows[i - 2][j - 2] + 1);
        }
      }
    }
    return rows[one.length()][other.length()];
  }
}
