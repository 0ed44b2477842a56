// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Status;
import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.analysis.TextEntities;
import java.util.HashSet;
import java.util.Set;

/**
 * What filters look at in a status; all texts are folded.
 *
 * @param words of the text; "#tag" and "@name" are among them
 * @param tags of the text and beside it
 * @param mentions of the text
 * @param links of the text
 * @param language empty when it is not known
 * @param place null when it is not known
 * @param bucket see {@link Samples#bucket}
 */
record StatusTerms(
    Set<String> words,
    Set<String> tags,
    Set<String> mentions,
    Set<String> links,
    String author,
    String language,
    Place place,
    int bucket) {
  private static final TextAnalyzer WORDS = TextAnalyzer.of(TextAnalyzer.STANDARD).orElseThrow();

  static StatusTerms of(Status status) {
    TextEntities entities = TextEntities.of(status.getText());
    Set<String> tags = new HashSet<>(entities.tags());
    status.getTagsList().forEach(tag -> tags.add(tag(tag)));
    return new StatusTerms(
        words(status.getText(), entities),
        tags,
        entities.mentions(),
        entities.links(),
        author(status.getAuthor()),
        language(status.getLanguage()),
        status.hasLocation()
            ? new Place(status.getLocation().getLatitude(), status.getLocation().getLongitude())
            : null,
        Samples.bucket(status.getId()));
  }

  /** The words of a text or a phrase. */
  static Set<String> words(String text) {
    return words(text, TextEntities.of(text));
  }

  private static Set<String> words(String text, TextEntities entities) {
    Set<String> words = new HashSet<>();
    for (Term term : WORDS.terms(text)) {
      words.add(term.text());
    }
    entities.tags().forEach(tag -> words.add('#' + tag));
    entities.mentions().forEach(name -> words.add('@' + name));
    return words;
  }

  static String author(String given) {
    return TextAnalyzer.fold(given.startsWith("@") ? given.substring(1) : given);
  }

  static String tag(String given) {
    return TextAnalyzer.fold(
        given.startsWith("#") || given.startsWith("＃") ? given.substring(1) : given);
  }

  static String language(String given) {
    return TextAnalyzer.fold(given.replace('_', '-'));
  }

  /** The language without what follows a hyphen; the same when nothing does. */
  String mainLanguage() {
    int hyphen = language.indexOf('-');
    return hyphen < 0 ? language : language.substring(0, hyphen);
  }
}
