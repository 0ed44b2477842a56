// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Arrays;
import java.util.List;

/** Whether one document, as it is about to be put, meets a condition. */
final class DocumentTest {
  private final IndexedDocument document;

  DocumentTest(IndexedDocument document) {
    this.document = document;
  }

  boolean meets(Node node) {
    if (node instanceof Node.Words words) {
      return words.fields().stream().anyMatch(this::has);
    } else if (node instanceof Node.Prefix prefix) {
      return prefix.fields().stream().anyMatch(field -> begins(field, prefix.text()));
    } else if (node instanceof Node.Tags tags) {
      return tags.values().stream()
          .anyMatch(value -> document.terms.containsKey(tags.field().tag(value)));
    } else if (node instanceof Node.Numbers numbers) {
      byte[] value = document.columns.get(numbers.field());
      return value != null && numbers.contains(Double.longBitsToDouble(Bytes.read(value, 0, 8)));
    } else if (node instanceof Node.Strings strings) {
      byte[] value = document.columns.get(strings.field());
      return value != null
          && strings.contains(compare(value, strings.from()), compare(value, strings.to()));
    } else if (node instanceof Node.StringPrefix prefix) {
      byte[] value = document.columns.get(prefix.field());
      return value != null
          && value.length > prefix.text().length
          && Arrays.equals(
              value, 1, 1 + prefix.text().length, prefix.text(), 0, prefix.text().length);
    } else if (node instanceof Node.All all) {
      return all.required().stream().allMatch(this::meets)
          && all.excluded().stream().noneMatch(this::meets);
    } else if (node instanceof Node.Any any) {
      return any.parts().stream().anyMatch(this::meets);
    }
    return node instanceof Node.Everything;
  }

  private static int compare(byte[] value, byte[] bound) {
    return bound == null
        ? 0
        : Arrays.compareUnsigned(value, 1, value.length, bound, 0, bound.length);
  }

  private boolean begins(IndexField field, String text) {
    String listed = field.listed(text);
    return document.terms.values().stream()
        .anyMatch(posting -> posting.word().startsWith(listed) && !posting.word().isEmpty());
  }

  private boolean has(Node.FieldTerms wanted) {
    List<String> terms = wanted.keys();
    int[][] positions = new int[terms.size()][];
    for (int i = 0; i < positions.length; i++) {
      IndexedDocument.Posting posting = document.terms.get(terms.get(i));
      if (posting == null) {
        return false;
      }
      positions[i] = new int[posting.positions().length / 2];
      for (int p = 0; p < positions[i].length; p++) {
        positions[i][p] = (int) Bytes.read(posting.positions(), 2 * p, 2);
      }
    }
    return positions.length == 1 || TermMatchers.Phrase.count(positions, wanted.offsets()) > 0;
  }
}
