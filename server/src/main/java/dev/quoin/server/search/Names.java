// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.Texts;

/** Says which names there are when one is wrong. */
final class Names {
  private static final int NAME_BYTES = 64;
  private static final int LIST_BYTES = 140;

  private Names() {}

  static String noField(String name, IndexDefinition index) {
    return "the index has no field \"%s\"; its fields are %s"
        .formatted(
            Texts.cut(name, NAME_BYTES),
            Texts.cut(String.join(", ", index.fields().keySet()), LIST_BYTES));
  }

  static String noAnalyzer(String name) {
    return "there is no analyzer \"%s\"; there are %s"
        .formatted(Texts.cut(name, NAME_BYTES), String.join(", ", TextAnalyzer.names()));
  }
}
