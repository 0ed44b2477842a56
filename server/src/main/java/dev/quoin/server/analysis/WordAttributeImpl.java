// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import org.apache.lucene.util.AttributeImpl;
import org.apache.lucene.util.AttributeReflector;

/** Found by Lucene through its name. */
public final class WordAttributeImpl extends AttributeImpl implements WordAttribute {
  private String word = "";

  @Override
  public String word() {
    return word;
  }

  @Override
  public void word(String to) {
    word = to;
  }

  @Override
  public void clear() {
    word = "";
  }

  @Override
  public void reflectWith(AttributeReflector reflector) {
    reflector.reflect(WordAttribute.class, "word", word);
  }

  @Override
  public void copyTo(AttributeImpl target) {
    ((WordAttribute) target).word(word);
  }
}
