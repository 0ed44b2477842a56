// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** Draws candidates at random, in proportion to what they are worth. */
final class Exploration {
  private Exploration() {}

  /**
   * Places in the order of drawing without putting back. Each gets an exponentially distributed
   * time, the shorter the more it is worth, and the shortest comes first; this is how Efraimidis
   * and Spirakis sample with weights.
   */
  static List<Integer> order(List<Candidate> candidates) {
    double[] times = new double[candidates.size()];
    for (int i = 0; i < times.length; i++) {
      times[i] = -Math.log(1 - ThreadLocalRandom.current().nextDouble()) / candidates.get(i).ecpm();
    }
    return IntStream.range(0, times.length)
        .boxed()
        .sorted(Comparator.comparingDouble(place -> times[place]))
        .toList();
  }
}
