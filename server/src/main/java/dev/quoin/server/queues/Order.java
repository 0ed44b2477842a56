// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Preference;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * In which order several queues are asked.
 *
 * @param weights how often each goes first, or empty when they are always asked in the same order
 */
record Order(List<String> queues, List<Integer> weights) {
  private static final int HEAVIEST = 100;

  /**
   * @param path of the message that has the fields, with a dot at its end if need be
   */
  static Order of(String path, List<String> queues, Preference preference, List<Integer> weights) {
    List<String> distinct = queues.stream().distinct().toList();
    if (distinct.size() < queues.size()) {
      throw InvalidRequest.of(path + "queues", "must not name a queue twice");
    }
    if (preference != Preference.PREFERENCE_WEIGHTED) {
      if (!weights.isEmpty()) {
        throw InvalidRequest.of(
            path + "weights", "must be empty unless preference is PREFERENCE_WEIGHTED");
      }
      return new Order(distinct, List.of());
    }
    if (weights.isEmpty()) {
      return new Order(distinct, distinct.stream().map(queue -> 1).toList());
    }
    if (weights.size() != queues.size()
        || weights.stream().anyMatch(weight -> weight < 1 || weight > HEAVIEST)) {
      throw InvalidRequest.of(path + "weights", "must be 1 to 100 each, one for each queue");
    }
    return new Order(distinct, List.copyOf(weights));
  }

  /** The queues as they are to be asked this time. */
  List<String> next() {
    if (weights.isEmpty() || queues.size() == 1) {
      return queues;
    }
    List<String> left = new ArrayList<>(queues);
    List<Integer> lots = new ArrayList<>(weights);
    List<String> drawn = new ArrayList<>(left.size());
    while (!left.isEmpty()) {
      int lot =
          ThreadLocalRandom.current().nextInt(lots.stream().mapToInt(Integer::intValue).sum());
      int at = 0;
      while (lot >= lots.get(at)) {
        lot -= lots.get(at);
        at++;
      }
      drawn.add(left.remove(at));
      lots.remove(at);
    }
    return drawn;
  }
}
