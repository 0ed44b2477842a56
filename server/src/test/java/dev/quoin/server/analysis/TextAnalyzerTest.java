// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.standard.StandardAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.junit.jupiter.api.Test;

final class TextAnalyzerTest {
  private static final TextAnalyzer STANDARD = TextAnalyzer.of("standard").orElseThrow();
  private static final TextAnalyzer ENGLISH = TextAnalyzer.of("english").orElseThrow();

  /** An index that is gone or changed leaves nothing behind in the threads that have used it. */
  @Test
  void analyzerThatNobodyHasAnyMoreIsFreed() throws InterruptedException {
    TextAnalyzer used = TextAnalyzer.of("english", List.of("stop")).orElseThrow();
    assertThat(used.terms("stop running")).hasSize(1);
    WeakReference<TextAnalyzer> reference = new WeakReference<>(used);
    used = null;
    for (int i = 0; i < 100 && reference.get() != null; i++) {
      System.gc();
      Thread.sleep(20);
    }
    assertThat(reference.get()).isNull();
  }

  @Test
  void accentsDigitsAndSignsAreKept() {
    assertThat(texts(STANDARD, "Café, redis6 and C++ (or C#)!"))
        .containsExactly("café", "redis6", "and", "c++", "or", "c#");
    assertThat(texts(STANDARD, "cafe\u0301 ＲＥＤＩＳ Straße ΣΊΣΥΦΟΣ ﬁne"))
        .containsExactly("café", "redis", "strasse", "σίσυφοσ", "fine");
    assertThat(texts(STANDARD, "C++11 g++ a++b hash# 東京"))
        .containsExactly("c++", "11", "g++", "a", "b", "hash", "東", "京");
  }

  @Test
  void partsOfAHyphenatedWordFollowEachOther() {
    assertThat(STANDARD.terms("a Wi-Fi router"))
        .containsExactly(
            new Term("a", "a", 0, 0, 1),
            new Term("wi", "wi", 1, 2, 4),
            new Term("fi", "fi", 2, 5, 7),
            new Term("router", "router", 3, 8, 14));
  }

  @Test
  void offsetsAreThoseOfTheTextAsItWasGiven() {
    String text = "Die Straße, cafe\u0301 in C++.";
    assertThat(STANDARD.terms(text).stream().map(term -> text.substring(term.start(), term.end())))
        .containsExactly("Die", "Straße", "cafe\u0301", "in", "C++");
  }

  @Test
  void aLanguageStemsAndLeavesStopWordsOutButCountsThem() {
    assertThat(ENGLISH.terms("The lord of the rings"))
        .containsExactly(new Term("lord", "lord", 1, 4, 8), new Term("ring", "rings", 4, 16, 21));
    assertThat(texts(ENGLISH, "connections connected connecting Bob’s"))
        .containsExactly("connect", "connect", "connect", "bob");
    assertThat(texts(TextAnalyzer.of("german").orElseThrow(), "Die Häuser und das Haus"))
        .containsExactly("haus", "haus");
  }

  @Test
  void stopWordsCanBeChosen() {
    TextAnalyzer own = TextAnalyzer.of("standard", List.of("Foo", "BÄR")).orElseThrow();
    assertThat(texts(own, "the foo bär baz")).containsExactly("the", "baz");
    assertThat(texts(TextAnalyzer.of("english", List.of()).orElseThrow(), "the rings"))
        .containsExactly("the", "ring");
  }

  @Test
  void everyNameIsAnAnalyzer() {
    assertThat(TextAnalyzer.names()).contains("standard", "english", "turkish").hasSize(17);
    TextAnalyzer.names()
        .forEach(
            name -> assertThat(texts(TextAnalyzer.of(name).orElseThrow(), "redis")).hasSize(1));
    assertThat(TextAnalyzer.of("klingon")).isEmpty();
  }

  @Test
  void noTextBreaksIt() {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      StringBuilder text = new StringBuilder();
      random.ints(random.nextInt(40), 0, 0x3000).forEach(c -> text.append((char) c));
      random.ints(3, 0xD800, 0xE000).forEach(c -> text.append((char) c));
      for (Term term : ENGLISH.terms(text.toString())) {
        assertThat(term.text()).isNotEmpty();
        assertThat(term.start()).isLessThan(term.end());
        assertThat(term.end()).isLessThanOrEqualTo(text.length());
      }
    }
    assertThat(ENGLISH.terms("")).isEmpty();
    assertThat(ENGLISH.terms("x".repeat(1_000_000))).hasSizeGreaterThan(1_000);
  }

  /** Lucene's own analyzers are the reference for plain text. */
  @Test
  void plainEnglishHasTheTermsOfLucene() throws Exception {
    String text =
        "Redis servers store 3 kinds of replicated, well-known data: hashes, sets and 1.5 lists";
    try (StandardAnalyzer standard = new StandardAnalyzer()) {
      assertThat(texts(STANDARD, text)).isEqualTo(lucene(standard, text));
    }
    Set<String> stopped = Set.copyOf(texts(ENGLISH, text));
    try (EnglishAnalyzer english = new EnglishAnalyzer()) {
      assertThat(stopped).hasSameSizeAs(Set.copyOf(lucene(english, text)));
    }
  }

  @Test
  void manyThreadsShareOne() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Callable<List<String>>> tasks = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        String word = "word" + i;
        tasks.add(() -> texts(ENGLISH, "the " + word + " connections"));
      }
      List<Future<List<String>>> done = threads.invokeAll(tasks);
      for (int i = 0; i < done.size(); i++) {
        assertThat(done.get(i).get()).containsExactly("word" + i, "connect");
      }
    } finally {
      threads.shutdown();
    }
  }

  private static List<String> lucene(org.apache.lucene.analysis.Analyzer analyzer, String text)
      throws Exception {
    List<String> terms = new ArrayList<>();
    try (TokenStream stream = analyzer.tokenStream("f", text)) {
      CharTermAttribute term = stream.addAttribute(CharTermAttribute.class);
      stream.reset();
      while (stream.incrementToken()) {
        terms.add(term.toString());
      }
      stream.end();
    }
    return terms;
  }

  private static List<String> texts(TextAnalyzer analyzer, String text) {
    return analyzer.terms(text).stream().map(Term::text).toList();
  }
}
