// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
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

  /** The first different words of a text or, when that is empty, of single words. */
  Set<String> of(String content, List<String> words, int most) {
    // At once, because to begin costs as much as some words; no word goes over the end of a line.
    String text = content.isEmpty() ? String.join("\n", words) : content;
    Set<String> found = new HashSet<>();
    if (!text.isEmpty()) {
      for (Term term : analyzer.terms(text)) {
        found.add(term.text());
        if (found.size() == most) {
          break;
        }
      }
    }
    return found;
  }

  /** All words of a text. */
  String[] all(String text) {
    return analyzer.terms(text).stream().map(Term::text).distinct().toArray(String[]::new);
  }
}
