// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.Facet;
import dev.quoin.search.v1.FacetCounts;
import dev.quoin.search.v1.FacetRange;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Counts the values of a field over the documents of one partition that match. */
final class FacetCounter {
  private static final int USUAL_LIMIT = 10;

  private final FacetOf facet;
  private final PartitionView view;
  private final ColumnCursor column;
  private int[] byCode = new int[16];
  private final long[] byRange;

  /** A facet that is asked for, and its field. */
  record FacetOf(IndexField field, Facet asked) {
    boolean isDisjunctive() {
      return asked.getDisjunctive();
    }
  }

  FacetCounter(FacetOf facet, PartitionView view) {
    this.facet = facet;
    this.view = view;
    this.column = ColumnCursor.of(view, facet.field());
    this.byRange = new long[facet.asked().getRangesCount()];
  }

  /** The facets of a request; throws when one cannot be counted. */
  static List<FacetOf> all(IndexDefinition index, List<Facet> asked) {
    List<FacetOf> facets = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < asked.size(); i++) {
      String where = "facets[%d].field".formatted(i);
      IndexField field = index.field(asked.get(i).getField(), where);
      boolean ranges = asked.get(i).getRangesCount() > 0;
      if (!(field.isTag() && !ranges || field.isNumber() && ranges)) {
        throw InvalidRequest.of(
            where,
            field.isNumber()
                ? "a NUMBER is counted by `ranges`, of which one is needed"
                : ranges ? "`ranges` are for NUMBER" : "must be a TAG, or a NUMBER with `ranges`");
      }
      if (!names.add(field.name())) {
        throw InvalidRequest.of(where, "must be there once");
      }
      checkRanges(asked.get(i), "facets[%d].ranges".formatted(i));
      facets.add(new FacetOf(field, asked.get(i)));
    }
    return facets;
  }

  private static void checkRanges(Facet asked, String where) {
    for (int i = 0; i < asked.getRangesCount(); i++) {
      FacetRange range = asked.getRanges(i);
      if (range.hasLower() && range.hasUpper() && range.getLower() >= range.getUpper()) {
        throw InvalidRequest.of("%s[%d].upper".formatted(where, i), "must be greater than lower");
      }
    }
  }

  void take(int ordinal) {
    Columns.Block block = column.block(ordinal);
    if (block == null) {
      return;
    }
    int slot = ordinal % Columns.BLOCK;
    if (facet.field().isNumber()) {
      count(block.number(slot));
    } else if (block.has(slot)) {
      for (int i = block.starts()[slot]; i < block.starts()[slot + 1]; i++) {
        int code = block.codes()[i];
        if (code >= byCode.length) {
          byCode = java.util.Arrays.copyOf(byCode, Math.max(code + 1, 2 * byCode.length));
        }
        byCode[code]++;
      }
    }
  }

  private void count(double number) {
    for (int i = 0; i < byRange.length; i++) {
      FacetRange range = facet.asked().getRanges(i);
      if ((!range.hasLower() || number >= range.getLower())
          && (!range.hasUpper() || number < range.getUpper())
          && number == number) {
        byRange[i]++;
      }
    }
  }

  /** What was counted, by value; of ranges by their numbers. */
  Map<String, Long> counts() {
    Map<String, Long> counts = new HashMap<>();
    if (facet.field().isNumber()) {
      for (int i = 0; i < byRange.length; i++) {
        counts.put(String.valueOf(i), byRange[i]);
      }
      return counts;
    }
    Columns.Dictionary tags = view.dictionary(facet.field().number());
    for (int code = 0; code < byCode.length; code++) {
      if (byCode[code] > 0) {
        counts.put(tags.tag(code), (long) byCode[code]);
      }
    }
    return counts;
  }

  /** The counts of all partitions together, as they are shown. */
  static FacetCounts shown(FacetOf facet, List<Map<String, Long>> counts) {
    Map<String, Long> all = new HashMap<>();
    counts.forEach(one -> one.forEach((value, count) -> all.merge(value, count, Long::sum)));
    FacetCounts.Builder shown = FacetCounts.newBuilder().setField(facet.field().name());
    int limit = facet.asked().getLimit() == 0 ? USUAL_LIMIT : facet.asked().getLimit();
    Stream<Map.Entry<String, Long>> entries;
    if (facet.field().isNumber()) {
      entries =
          Stream.iterate(0, i -> i + 1)
              .limit(facet.asked().getRangesCount())
              .map(i -> Map.entry(range(facet.asked().getRanges(i)), all.getOrDefault("" + i, 0L)));
    } else {
      entries =
          all.entrySet().stream()
              .sorted(
                  Comparator.comparingLong((Map.Entry<String, Long> entry) -> -entry.getValue())
                      .thenComparing(
                          entry -> Bytes.utf8(entry.getKey()), java.util.Arrays::compareUnsigned))
              .limit(limit);
    }
    entries.forEach(
        entry -> shown.addValuesBuilder().setValue(entry.getKey()).setCount(entry.getValue()));
    return shown.build();
  }

  private static String range(FacetRange range) {
    return "%s, %s)"
        .formatted(
            range.hasLower() ? "[" + FieldValues.number(range.getLower()) : "(-inf",
            range.hasUpper() ? FieldValues.number(range.getUpper()) : "+inf");
  }
}
