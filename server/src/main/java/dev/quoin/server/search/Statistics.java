// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * How many documents have what, over all partitions: what BM25 needs. A page token carries it, so
 * that scores stay the same while a reader walks over the pages.
 *
 * @param counts of documents by term, and of the sums of partitions by their names
 */
record Statistics(Map<String, Long> counts) {

  static Statistics of(QueryPlan plan, List<PartitionView> views) {
    Map<String, Long> counts = new TreeMap<>();
    for (String name : plan.counted()) {
      long count = 0;
      for (PartitionView view : views) {
        count += plan.isSum(name) ? view.sum(name) : having(view, name);
      }
      counts.put(name, count);
    }
    return new Statistics(counts);
  }

  private static long having(PartitionView view, String term) {
    Postings postings = view.term(term);
    return postings == null ? 0 : postings.count;
  }

  /** All counts in the order of their names, for {@link #read}. */
  String write() {
    StringBuilder text = new StringBuilder();
    counts.values().forEach(count -> text.append(Long.toString(count, 36)).append(','));
    return text.toString();
  }

  /** Reads what was written for the same plan. */
  static Statistics read(QueryPlan plan, String text) {
    Map<String, Long> counts = new TreeMap<>();
    plan.counted().forEach(name -> counts.put(name, 0L));
    String[] written = text.split(",");
    int i = 0;
    for (Map.Entry<String, Long> count : counts.entrySet()) {
      count.setValue(
          i < written.length && !written[i].isEmpty() ? Long.parseLong(written[i], 36) : 0);
      i++;
    }
    return new Statistics(counts);
  }

  private long count(String name) {
    return counts.getOrDefault(name, 0L);
  }

  /** How terms of a field that are looked for together score. */
  Bm25 scoring(Node.FieldTerms terms) {
    long documents = count("n" + terms.field().number());
    double mean =
        documents == 0 ? 1 : Math.max(1, count("l" + terms.field().number())) / (double) documents;
    double idf = 0;
    for (String term : terms.keys()) {
      idf += Bm25.idf(count(term), documents);
    }
    return new Bm25(terms.field().weight(), idf, mean);
  }
}
