// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/** Finds the words by which ads and pages are compared. */
record AdWords(TextAnalyzer analyzer) {
  static final int OF_AN_AD = 100;
  static final int OF_A_PAGE = 200;

  private static final Map<String, AdWords> KNOWN = new ConcurrentHashMap<>();

  /** By the name of an analyzer, which exists. */
  static AdWords of(String analyzer) {
    return KNOWN.computeIfAbsent(
        analyzer, name -> new AdWords(TextAnalyzer.of(name).orElseThrow()));
  }

  /**
   * The first different words of a text or, when that is empty, of single words; in the order of
   * their chars.
   */
  Set<String> of(String content, List<String> words, int most) {
    Set<String> found = new LinkedHashSet<>();
    if (!content.isEmpty()) {
      add(found, content, most);
    }
    for (String word : words) {
      add(found, word, most);
    }
    return new TreeSet<>(found);
  }

  /** All words of a text. */
  String[] all(String text) {
    return analyzer.terms(text).stream().map(Term::text).distinct().toArray(String[]::new);
  }

  private void add(Set<String> found, String text, int most) {
    if (found.size() >= most) {
      return;
    }
    for (Term term : analyzer.terms(text)) {
      found.add(term.text());
      if (found.size() == most) {
        return;
      }
    }
  }
}
