// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a text refers to.
 *
 * @param tags folded, without "#"
 * @param mentions folded, without "@"
 * @param links as they are written, without punctuation that ends a sentence
 */
public record TextEntities(Set<String> tags, Set<String> mentions, Set<String> links) {
  private static final String WORD = "[\\p{L}\\p{M}\\p{N}_]";

  /** A link goes first: what stands in it is neither a tag nor a mention. */
  private static final Pattern ENTITY =
      Pattern.compile(
          "(?<link>https?://[^\\s<>\"]+)"
              + ("|(?<!" + WORD + ")[#＃](?<tag>" + WORD + "*\\p{L}" + WORD + "*)")
              + ("|(?<![\\p{L}\\p{M}\\p{N}_.])[@＠](?<mention>"
                  + WORD
                  + "+(?:[.-]"
                  + WORD
                  + "+)*+)"),
          Pattern.CASE_INSENSITIVE);

  private static final Pattern TAG =
      Pattern.compile("[#＃]?(?<tag>" + WORD + "*\\p{L}" + WORD + "*)");

  private static final Pattern END_OF_SENTENCE = Pattern.compile("[.,:;!?'\")\\]}]+$");

  /** A tag with or without its sign, folded; empty when no text can have it. */
  public static Optional<String> tag(String written) {
    Matcher found = TAG.matcher(written);
    return found.matches() ? Optional.of(TextAnalyzer.fold(found.group("tag"))) : Optional.empty();
  }

  /** Finds what a text refers to, each once and in its order. */
  public static TextEntities of(String text) {
    Set<String> tags = new LinkedHashSet<>();
    Set<String> mentions = new LinkedHashSet<>();
    Set<String> links = new LinkedHashSet<>();
    if (text.indexOf('#') >= 0
        || text.indexOf('＃') >= 0
        || text.indexOf('@') >= 0
        || text.indexOf('＠') >= 0
        || text.indexOf(':') >= 0) {
      Matcher found = ENTITY.matcher(text);
      while (found.find()) {
        if (found.group("link") != null) {
          links.add(END_OF_SENTENCE.matcher(found.group("link")).replaceFirst(""));
        } else if (found.group("tag") != null) {
          tags.add(TextAnalyzer.fold(found.group("tag")));
        } else {
          mentions.add(TextAnalyzer.fold(found.group("mention")));
        }
      }
    }
    return new TextEntities(tags, mentions, links);
  }
}
