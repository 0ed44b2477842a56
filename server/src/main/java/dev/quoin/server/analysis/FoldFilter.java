// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import java.io.IOException;
import java.text.Normalizer;
import java.util.Locale;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/** Brings words into normal form NFKC with folded case, and apostrophes into one shape. */
final class FoldFilter extends TokenFilter {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final WordAttribute word = addAttribute(WordAttribute.class);

  FoldFilter(TokenStream input) {
    super(input);
  }

  @Override
  public boolean incrementToken() throws IOException {
    if (!input.incrementToken()) {
      return false;
    }
    String folded = isFolded(term) ? term.toString() : fold(term.toString());
    term.setEmpty().append(folded);
    word.word(folded);
    return true;
  }

  static String fold(String text) {
    String normal = Normalizer.normalize(text, Normalizer.Form.NFKC);
    // By upper case first, because that is where ß and SS, or the two small sigmas, meet.
    String lower = normal.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT);
    return Normalizer.normalize(lower.replace('’', '\'').replace('ς', 'σ'), Normalizer.Form.NFKC);
  }

  private static boolean isFolded(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || c >= 'A' && c <= 'Z') {
        return false;
      }
    }
    return true;
  }
}
