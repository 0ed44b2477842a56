// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.ParsedPart;
import dev.quoin.search.v1.PartKind;
import dev.quoin.search.v1.QueryWarning;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.InvalidRequest;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What queries mean, with the traps of older query languages. */
final class QueryLanguageTest {
  private static final IndexDefinition INDEX =
      IndexDefinition.of(
          "kb",
          "id",
          1,
          TextAnalyzer.VERSION,
          CreateIndexRequest.newBuilder()
              .addFields(SearchTesting.english("body"))
              .addFields(SearchTesting.tag("kind"))
              .addFields(SearchTesting.number("votes"))
              .addFields(SearchTesting.string("by"))
              .build());

  /** Groups in order, synonyms with |, exclusions with -, phrases with _ between their words. */
  private static String parsed(String query) {
    return QueryParser.parse(INDEX, query).parts().stream()
        .filter(part -> part.getPartKind() != PartKind.PART_KIND_SKIPPED)
        .map(QueryLanguageTest::shown)
        .collect(Collectors.joining(" "));
  }

  private static String shown(ParsedPart part) {
    String text =
        switch (part.getPartKind()) {
          case PART_KIND_SYNONYMS ->
              part.getInnerPartsList().stream()
                  .map(QueryLanguageTest::shown)
                  .collect(Collectors.joining("|"));
          case PART_KIND_GROUP ->
              part.getInnerPartsList().stream()
                  .filter(inner -> inner.getPartKind() != PartKind.PART_KIND_SKIPPED)
                  .map(QueryLanguageTest::shown)
                  .collect(Collectors.joining(" ", "(", ")"));
          default ->
              part.getLookedForCount() == 0
                  ? part.getText()
                  : String.join("_", part.getLookedForList());
        };
    return (part.getExcluded() ? "-" : "") + text;
  }

  @Test
  void synonymsAndExclusionsOfTheFirstExample() {
    assertThat(parsed("connect +connection +disconnect +disconnection chat -proxy -proxies"))
        .isEqualTo("connect|connect|disconnect|disconnect chat -proxi -proxi");
  }

  /** Signs count only where a word begins. */
  @ParameterizedTest
  @CsvSource({
    "wi-fi router, wi_fi router",
    "x-ray, x_ray",
    "chat -wi-fi, chat -wi_fi",
    "a+b, b",
    "C++ c#, c++ c#",
    "foo\u00A0-bar, foo -bar",
    "\"lock expires\"-x, lock_expir x",
  })
  void signInsideAWordIsPartOfIt(String query, String expected) {
    assertThat(parsed(query)).isEqualTo(expected);
  }

  @Test
  void synonymOfAStopWordBeginsANewGroup() {
    assertThat(parsed("chat the +foo")).isEqualTo("chat foo");
    assertThat(parsed("chat +the +foo")).isEqualTo("chat|foo");
    assertThat(parsed("+foo +bar")).isEqualTo("foo|bar");
  }

  @Test
  void exclusionsBetweenSynonymsAreSkippedOver() {
    assertThat(parsed("one -two +three")).isEqualTo("one|three -two");
  }

  @Test
  void signThatTouchesNothingMeansNothing() {
    assertThat(parsed("- foo")).isEqualTo("foo");
    assertThat(parsed("foo + bar --")).isEqualTo("foo bar");
  }

  @Test
  void twoSignsAreAnError() {
    assertWrong("+-foo", "at byte 1: expected a word after +, found another sign");
    assertWrong("é --foo", "at byte 4: expected a word after -, found another sign");
  }

  @Test
  void onlyStopWordsFindNothingAndSaySo() {
    ParsedQuery query = QueryParser.parse(INDEX, "the of AND");
    assertThat(query.node()).isInstanceOf(Node.Nothing.class);
    assertThat(query.warnings()).containsExactly(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
    assertThat(QueryParser.parse(INDEX, "!!! ...").warnings())
        .containsExactly(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
  }

  @Test
  void onlyExclusionsAreRefused() {
    assertWrong("-foo -bar", "at byte 0: expected something wanted, found only exclusions");
    assertWrong("foo (-bar)", "at byte 4: expected something wanted, found only exclusions");
  }

  @Test
  void wantedAndUnwantedWordIsAContradiction() {
    assertThat(QueryParser.parse(INDEX, "lock queue -locks").warnings())
        .containsExactly(QueryWarning.QUERY_WARNING_CONTRADICTION);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fox -fox",
        "body:fox -fox",
        "fox -*",
        "fox -(fox +dog)",
        "(fox +dog) -fox -(dog +cat) -dog",
        "(fox +dog) -(dog +fox)",
        "\"red fox\" -fox",
        "\"red fox\" -\"red fox\"",
        "fox (dog -dog)",
        "(fox -fox) +(dog -dog)",
        "kind:a -kind:a",
        "kind:a -(kind:a +kind:b)",
        "by:x -by:x",
        "fox votes:{1 TO 1}",
        "fox votes:[1 TO 2] -votes:[0 TO 5]",
      })
  void queryThatNoDocumentCanMatchIsAContradiction(String query) {
    assertThat(new Contradictions().isIn(QueryParser.parse(INDEX, query).node())).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "fox",
        "fox -dog",
        "fox -(fox dog)",
        "fox -(dog -cat)",
        "(fox +dog) -fox",
        "fox -\"red fox\"",
        "\"red fox\" -\"fox red\"",
        "fox (cat +(dog -dog))",
        "kind:a -kind:b",
        "votes:[1 TO 5] -votes:[1 TO 5}",
        "votes:[1 TO 1]",
        "by:[a TO c] -by:[a TO b]",
      })
  void queryThatADocumentCanMatchIsNone(String query) {
    assertThat(new Contradictions().isIn(QueryParser.parse(INDEX, query).node())).isFalse();
  }

  @Test
  void digitsAndAccentsAreKept() {
    assertThat(parsed("Café redis6 ４２")).isEqualTo("café redis6 42");
  }

  @Test
  void fieldsPrefixesRangesAndGroups() {
    assertThat(parsed("body:lock kind:\"how to\" lo* (a lock +queue -x) *"))
        .isEqualTo("lock how to lo* (lock|queue -x) *");
    assertThat(parsed("votes:[1 TO *] by:{a TO \"b c\"} votes:7"))
        .isEqualTo("[1 TO *] {a TO \"b c\"} 7");
    assertThat(parsed("body:(one two)")).isEqualTo("(one two)");
    ParsedPart part = QueryParser.parse(INDEX, "é -kind:x*").parts().get(1);
    assertThat(part.getField()).isEqualTo("kind");
    assertThat(part.getStart()).isEqualTo(3);
    assertThat(part.getEnd()).isEqualTo(11);
    assertThat(part.getExcluded()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "'' # at byte 0: expected a word",
        "'\"open' # at byte 5: expected a \" that ends the phrase",
        "'(a (b)' # at byte 6: expected a ) for the ( at byte 0",
        "'a)' # at byte 1: expected the end, found a ) without a (",
        "'nope:x' # at byte 0: the index has no field \"nope\"; its fields are body, kind, votes, by",
        "'kind: x' # at byte 5: expected a value after kind:",
        "'votes:many' # at byte 6: expected a number, found \"many\"",
        "'votes:NaN' # at byte 6: expected a number, found \"NaN\"",
        "'votes:1d' # at byte 6: expected a number, found \"1d\"",
        "'votes:[1 2]' # at byte 6: expected a range: [from TO to]",
        "'votes:[1 TO x]' # at byte 6: expected a number, found \"x\"",
        "'kind:[a TO b]' # at byte 5: the field \"kind\" is of type TAG; ranges are for NUMBER",
        "'body:[a TO b]' # at byte 5: the field \"body\" is of type TEXT; ranges are for NUMBER",
        "'votes:1*' # at byte 6: the field \"votes\" is a NUMBER, which has no beginning"
      })
  void errorNamesItsPlaceAndWhatWasExpected(String query, String message) {
    assertWrong(query, message);
  }

  @Test
  void sizeAndDepthAreBounded() {
    assertThat(parsed("word ".repeat(1_024)).split(" ")).hasSize(1_024);
    assertWrong("word ".repeat(1_025), "at byte 5120: expected at most 1,024 parts");
    assertThat(parsed("(".repeat(16) + "x" + ")".repeat(16))).contains("x");
    assertWrong("(".repeat(17) + "x", "at byte 16: expected at most 16 levels of parentheses");
  }

  /** Whatever is typed is understood, or refused with a place that is there. */
  @Test
  void noTextBreaksTheParser() {
    Random random = new Random(3);
    String[] pieces = {
      "word",
      "the",
      "+",
      "-",
      "\"",
      "(",
      ")",
      "[",
      "]",
      "{",
      "}",
      "*",
      ":",
      "body:",
      "kind:",
      "votes:",
      "by:",
      "1",
      " TO ",
      " ",
      " ",
      "é",
      "\uD83D\uDE00",
      "\uD800",
      "\t",
      "wi-fi",
      "\\",
      "'"
    };
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(14); n >= 0; n--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      String query = text.toString();
      try {
        ParsedQuery parsed = QueryParser.parse(INDEX, query);
        int size = Bytes.utf8(query).length;
        parsed.parts().forEach(part -> assertInside(part, size));
        assertThat(parsed.node()).isNotNull();
      } catch (InvalidRequest e) {
        assertThat(e.violations().getFieldViolations(0).getField()).isEqualTo("query");
        String place = e.getMessage().replaceFirst("query: at byte (\\d+): .*", "$1");
        assertThat(Integer.parseInt(place)).as(query).isBetween(0, Bytes.utf8(query).length);
      }
    }
  }

  private static void assertInside(ParsedPart part, int size) {
    assertThat(part.getStart()).isBetween(0, part.getEnd());
    assertThat(part.getEnd()).isLessThanOrEqualTo(size);
    part.getInnerPartsList().forEach(inner -> assertInside(inner, size));
  }

  private static void assertWrong(String query, String message) {
    assertThatThrownBy(() -> QueryParser.parse(INDEX, query))
        .isInstanceOf(InvalidRequest.class)
        .hasMessageStartingWith("query: " + message);
  }
}
