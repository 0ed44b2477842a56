// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import java.io.IOException;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.ar.ArabicAnalyzer;
import org.apache.lucene.analysis.da.DanishAnalyzer;
import org.apache.lucene.analysis.de.GermanAnalyzer;
import org.apache.lucene.analysis.en.EnglishAnalyzer;
import org.apache.lucene.analysis.es.SpanishAnalyzer;
import org.apache.lucene.analysis.fi.FinnishAnalyzer;
import org.apache.lucene.analysis.fr.FrenchAnalyzer;
import org.apache.lucene.analysis.hu.HungarianAnalyzer;
import org.apache.lucene.analysis.it.ItalianAnalyzer;
import org.apache.lucene.analysis.nl.DutchAnalyzer;
import org.apache.lucene.analysis.no.NorwegianAnalyzer;
import org.apache.lucene.analysis.pt.PortugueseAnalyzer;
import org.apache.lucene.analysis.ro.RomanianAnalyzer;
import org.apache.lucene.analysis.ru.RussianAnalyzer;
import org.apache.lucene.analysis.snowball.SnowballFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.sv.SwedishAnalyzer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;
import org.apache.lucene.analysis.tr.TurkishAnalyzer;

/**
 * Turns text into terms: words by Unicode's rules for word boundaries, in normal form NFKC with
 * folded case. Letters of all scripts, accents and digits are kept ({@code café}, {@code redis6}),
 * parts of {@code wi-fi} follow each other, and {@code C++} and {@code C#} are words. {@code
 * standard} keeps every word; an analyzer named by a language leaves out its stop words and stems
 * the others. Safe for use by many threads.
 */
public final class TextAnalyzer {
  /** Rises with every change of the terms that any text has. */
  public static final int VERSION = 1;

  /** Keeps every word as it is. */
  public static final String STANDARD = "standard";

  /** A language: the name of its stemmer, and its usual stop words. */
  private record Language(String stemmer, CharArraySet stopWords) {}

  private static final Map<String, Language> LANGUAGES =
      new TreeMap<>(
          Map.ofEntries(
              Map.entry("arabic", new Language("Arabic", ArabicAnalyzer.getDefaultStopSet())),
              Map.entry("danish", new Language("Danish", DanishAnalyzer.getDefaultStopSet())),
              Map.entry("dutch", new Language("Dutch", DutchAnalyzer.getDefaultStopSet())),
              Map.entry("english", new Language("English", EnglishAnalyzer.getDefaultStopSet())),
              Map.entry("finnish", new Language("Finnish", FinnishAnalyzer.getDefaultStopSet())),
              Map.entry("french", new Language("French", FrenchAnalyzer.getDefaultStopSet())),
              Map.entry("german", new Language("German", GermanAnalyzer.getDefaultStopSet())),
              Map.entry(
                  "hungarian", new Language("Hungarian", HungarianAnalyzer.getDefaultStopSet())),
              Map.entry("italian", new Language("Italian", ItalianAnalyzer.getDefaultStopSet())),
              Map.entry(
                  "norwegian", new Language("Norwegian", NorwegianAnalyzer.getDefaultStopSet())),
              Map.entry(
                  "portuguese", new Language("Portuguese", PortugueseAnalyzer.getDefaultStopSet())),
              Map.entry("romanian", new Language("Romanian", RomanianAnalyzer.getDefaultStopSet())),
              Map.entry("russian", new Language("Russian", RussianAnalyzer.getDefaultStopSet())),
              Map.entry("spanish", new Language("Spanish", SpanishAnalyzer.getDefaultStopSet())),
              Map.entry("swedish", new Language("Swedish", SwedishAnalyzer.getDefaultStopSet())),
              Map.entry("turkish", new Language("Turkish", TurkishAnalyzer.getDefaultStopSet()))));

  private final String stemmer;
  private final CharArraySet stopWords;

  /**
   * Those that no thread uses just now: as many as there were threads at once. Thread-locals would
   * keep the analyzers of indexes that are gone.
   */
  private final Queue<Pipeline> pipelines = new ConcurrentLinkedQueue<>();

  private TextAnalyzer(String stemmer, CharArraySet stopWords) {
    this.stemmer = stemmer;
    this.stopWords = stopWords;
  }

  /** What {@link #of} knows: {@value #STANDARD}, and languages. */
  public static Set<String> names() {
    Set<String> names = new TreeSet<>(LANGUAGES.keySet());
    names.add(STANDARD);
    return names;
  }

  /** An analyzer by its name, with the usual stop words of its language; empty for no such name. */
  public static Optional<TextAnalyzer> of(String name) {
    if (name.equals(STANDARD)) {
      return Optional.of(new TextAnalyzer(null, CharArraySet.EMPTY_SET));
    }
    return Optional.ofNullable(LANGUAGES.get(name))
        .map(language -> new TextAnalyzer(language.stemmer(), folded(language.stopWords())));
  }

  /** An analyzer by its name, with stop words of the caller's choice; empty for no such name. */
  public static Optional<TextAnalyzer> of(String name, Collection<String> stopWords) {
    return of(name).map(usual -> new TextAnalyzer(usual.stemmer, folded(stopWords)));
  }

  private static CharArraySet folded(Collection<?> words) {
    return new CharArraySet(
        words.stream()
            .map(word -> word instanceof char[] chars ? new String(chars) : word.toString())
            .map(FoldFilter::fold)
            .collect(Collectors.toSet()),
        false);
  }

  /** Whether terms may differ from the words they are made of. */
  public boolean stems() {
    return stemmer != null;
  }

  /** The terms of a text, in its order. */
  public List<Term> terms(String text) {
    Pipeline idle = pipelines.poll();
    Pipeline pipeline = idle == null ? new Pipeline(stemmer, stopWords) : idle;
    List<Term> terms = pipeline.run(text);
    pipelines.add(pipeline);
    return terms;
  }

  /** Folds a word as terms are, without splitting or stemming it. */
  public static String fold(String word) {
    return FoldFilter.fold(word);
  }

  /** What is used again and again, by one thread at a time. */
  private static final class Pipeline {
    private final StandardTokenizer tokenizer = new StandardTokenizer();
    private final SignFilter signs = new SignFilter(tokenizer);
    private final WordAttribute word;
    private final TokenStream last;

    Pipeline(String stemmer, CharArraySet stopWords) {
      TokenStream folded = new FoldFilter(signs);
      word = folded.getAttribute(WordAttribute.class);
      TokenStream kept = new StopFilter(folded, stopWords);
      last = stemmer == null ? kept : new SnowballFilter(kept, stemmer);
    }

    List<Term> run(String text) {
      List<Term> terms = new ArrayList<>();
      CharTermAttribute term = last.getAttribute(CharTermAttribute.class);
      OffsetAttribute offset = last.getAttribute(OffsetAttribute.class);
      PositionIncrementAttribute step = last.getAttribute(PositionIncrementAttribute.class);
      signs.text(text);
      tokenizer.setReader(new StringReader(text));
      try (TokenStream stream = last) {
        stream.reset();
        int position = -1;
        while (stream.incrementToken()) {
          position += step.getPositionIncrement();
          if (term.length() > 0) {
            terms.add(
                new Term(
                    term.toString(),
                    word.word(),
                    position,
                    offset.startOffset(),
                    offset.endOffset()));
          }
        }
        stream.end();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return terms;
    }
  }
}
