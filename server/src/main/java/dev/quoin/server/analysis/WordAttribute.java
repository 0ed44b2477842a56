// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

import org.apache.lucene.util.Attribute;

/** The word that a token was before it was stemmed. */
public interface WordAttribute extends Attribute {
  String word();

  void word(String word);
}
