// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Locale;
import org.apache.lucene.util.SmallFloat;

/**
 * How much a term in a document says about what is looked for: BM25 as Robertson and Zaragoza
 * describe it in "The Probabilistic Relevance Framework", with the inverse document frequency and
 * the lengths in one byte that Lucene uses.
 *
 * @param weight of the field
 * @param idf inverse document frequency
 * @param meanLength of the field
 */
record Bm25(double weight, double idf, double meanLength) {
  private static final double K1 = 1.2;
  private static final double B = 0.75;

  static Bm25 of(double weight, long having, long documents, double meanLength) {
    return new Bm25(weight, idf(having, documents), meanLength);
  }

  static double idf(long having, long documents) {
    long all = Math.max(having, documents);
    return Math.log(1 + (all - having + 0.5) / (having + 0.5));
  }

  double score(int frequency, byte norm) {
    int length = SmallFloat.byte4ToInt(norm);
    return weight * idf * frequency / (frequency + K1 * (1 - B + B * length / meanLength));
  }

  String explain(int frequency, byte norm) {
    return String.format(
        Locale.ROOT,
        "weight %s * idf %.4f * tf %d / (tf + %.1f * (%.2f + %.2f * length %d / mean length %.2f))",
        FieldValues.number(weight),
        idf,
        frequency,
        K1,
        1 - B,
        B,
        SmallFloat.byte4ToInt(norm),
        meanLength);
  }
}
