// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.DimensionValues;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.server.errors.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What ads are compared with.
 *
 * @param dimensions of viewer and page, the slot among them
 * @param pairs the same as {@code dimension=value}
 * @param words of the page
 * @param viewer empty when caps do not hold
 */
record PageRequest(
    Set<String> locations,
    Map<String, Set<String>> dimensions,
    Set<String> pairs,
    Set<String> words,
    String viewer,
    int count) {
  private static final int MOST_VALUES = 50;
  private static final int LONGEST_VALUE = 256;

  static PageRequest of(TargetRequest request, AdWords analyzer) {
    return of(
        request.getLocationsList(),
        analyzer.of(request.getContent(), request.getWordsList(), AdWords.OF_A_PAGE),
        request.getDimensionsMap(),
        request.getSlot(),
        request.getViewer(),
        request.getCount());
  }

  static PageRequest of(ExplainRequest request, AdWords analyzer) {
    return of(
        request.getLocationsList(),
        analyzer.of(request.getContent(), request.getWordsList(), AdWords.OF_A_PAGE),
        request.getDimensionsMap(),
        request.getSlot(),
        request.getViewer(),
        request.getCount());
  }

  private static PageRequest of(
      List<String> locations,
      Set<String> words,
      Map<String, DimensionValues> given,
      String slot,
      String viewer,
      long count) {
    Map<String, Set<String>> dimensions = new HashMap<>();
    given.forEach((name, values) -> dimensions.put(name, new HashSet<>(values.getValuesList())));
    if (!slot.isEmpty()) {
      dimensions.computeIfAbsent("slot", name -> new HashSet<>()).add(slot);
    }
    Set<String> pairs = new HashSet<>();
    dimensions.forEach((name, values) -> values.forEach(value -> pairs.add(name + '=' + value)));
    return new PageRequest(
        new HashSet<>(locations), dimensions, pairs, words, viewer, count == 0 ? 1 : (int) count);
  }

  /** Checks that words come one way: rules about that would make all others slow. */
  static void check(String field, String content, List<String> words) {
    if (!content.isEmpty() && !words.isEmpty()) {
      throw InvalidRequest.of(field, "must not be given together with content");
    }
  }

  /** Checks the values of dimensions, of which the rules of the contract say nothing. */
  static void check(String field, Map<String, DimensionValues> dimensions) {
    dimensions.forEach(
        (name, values) -> {
          if (values.getValuesCount() < 1
              || values.getValuesCount() > MOST_VALUES
              || values.getValuesList().stream().anyMatch(value -> !isValue(value))) {
            throw InvalidRequest.of(
                field + '[' + name + "].values",
                "must be 1 to 50 texts of 1 to 256 bytes without control characters");
          }
        });
  }

  private static boolean isValue(String value) {
    return !value.isEmpty()
        && value.getBytes(StandardCharsets.UTF_8).length <= LONGEST_VALUE
        && value.chars().noneMatch(Character::isISOControl);
  }
}
