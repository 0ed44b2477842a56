// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import java.io.IOException;
import org.apache.lucene.analysis.TokenFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.OffsetAttribute;

/**
 * Gives short words the signs back that the tokenizer cuts off: {@code ++} up to three letters
 * ({@code C++}), {@code #} one letter ({@code F#}).
 */
final class SignFilter extends TokenFilter {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final OffsetAttribute offset = addAttribute(OffsetAttribute.class);
  private String text = "";

  SignFilter(TokenStream input) {
    super(input);
  }

  /** What is tokenized next. */
  void text(String next) {
    text = next;
  }

  @Override
  public boolean incrementToken() throws IOException {
    if (!input.incrementToken()) {
      return false;
    }
    int end = offset.endOffset();
    if (term.length() <= 3 && text.startsWith("++", end) && !isLetter(end + 2)) {
      extend("++");
    } else if (term.length() == 1 && text.startsWith("#", end) && !isWord(end + 1)) {
      extend("#");
    }
    return true;
  }

  private void extend(String signs) {
    term.append(signs);
    offset.setOffset(offset.startOffset(), offset.endOffset() + signs.length());
  }

  private boolean isLetter(int at) {
    return at < text.length() && Character.isLetter(text.codePointAt(at));
  }

  private boolean isWord(int at) {
    return at < text.length() && Character.isLetterOrDigit(text.codePointAt(at));
  }
}
