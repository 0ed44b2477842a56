// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.tag;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.search.v1.AnalyzeRequest;
import dev.quoin.search.v1.AnalyzeResponse.AnalyzedTerm;
import dev.quoin.search.v1.Clause;
import dev.quoin.search.v1.GetRequest;
import dev.quoin.search.v1.ParseRequest;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.search.v1.SearchGrpc.SearchFutureStub;
import dev.quoin.server.testing.Overtaking;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls that take long do not keep others waiting. */
@Tag("redis")
final class SearchFairnessTest {
  private final SearchBlockingStub search =
      SearchGrpc.newBlockingStub(TestServer.first().channel());
  private final SearchFutureStub later = SearchGrpc.newFutureStub(TestServer.first().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    create(search, "kb", 1, text("title"), tag("kind"));
    for (int i = 0; i < 100; i++) {
      put(search, "kb", "d" + i, "title", words(200));
    }
  }

  private static String words(int count) {
    return IntStream.range(0, count).mapToObj(i -> "w" + i).reduce("", (a, b) -> a + b + ' ');
  }

  @Test
  void shortCallsOvertakeLongTextsToAnalyze() throws Exception {
    AnalyzeRequest request =
        AnalyzeRequest.newBuilder().setText("é ".repeat(5_400)).setAnalyzer("turkish").build();
    assertOvertaken(() -> later.analyze(request));
  }

  @Test
  void shortCallsOvertakeLongQueriesToParse() throws Exception {
    ParseRequest request =
        ParseRequest.newBuilder()
            .setIndex("kb")
            .setQuery(words(1_000).trim().replace(" ", " +"))
            .build();
    assertOvertaken(() -> later.parse(request));
  }

  @Test
  void shortCallsOvertakeExplanations() throws Exception {
    QueryRequest request =
        QueryRequest.newBuilder()
            .setIndex("kb")
            .setQuery(words(150).trim().replace(" ", " +"))
            .setExplain(true)
            .setPageSize(100)
            .build();
    assertOvertaken(() -> later.query(request));
  }

  private void assertOvertaken(Supplier<ListenableFuture<?>> call) throws InterruptedException {
    Overtaking.assertOvertaken(
        call, () -> search.get(GetRequest.newBuilder().setIndex("kb").setId("d1").build()));
  }

  @Test
  void placesAreThoseOfBytesWhateverTheCharacters() {
    String text = "añ€😀b ".repeat(50);
    for (AnalyzedTerm term :
        search.analyze(AnalyzeRequest.newBuilder().setText(text).build()).getAnalyzedTermsList()) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThat(
              new String(
                  bytes, term.getStart(), term.getEnd() - term.getStart(), StandardCharsets.UTF_8))
          .isEqualTo(term.getWord());
    }
  }

  @Test
  void everyWordAndValueOfClausesCounts() {
    Clause phrase =
        Clause.newBuilder()
            .setWords(
                Clause.Words.newBuilder()
                    .setText("a b ".repeat(300))
                    .setWordMode(Clause.WordMode.WORD_MODE_PHRASE))
            .build();
    assertRefused(phrase, phrase);
    Clause tags =
        Clause.newBuilder()
            .setTags(
                Clause.Tags.newBuilder()
                    .setField("kind")
                    .addAllTagValues(IntStream.range(0, 60).mapToObj(i -> "k" + i).toList()))
            .build();
    assertRefused(java.util.Collections.nCopies(20, tags).toArray(Clause[]::new));
  }

  private void assertRefused(Clause... clauses) {
    assertThat(
            Refused.by(
                    () ->
                        search.query(
                            QueryRequest.newBuilder()
                                .setIndex("kb")
                                .addAllClauses(List.of(clauses))
                                .build()))
                .status()
                .getMessage())
        .contains("1,024 parts");
  }
}
