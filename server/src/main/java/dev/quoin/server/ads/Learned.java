// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Counts of an ad by which all servers decide, as they were when they were last taken over; older
 * events have less weight.
 *
 * @param all of the ad
 * @param words of its words, in their order
 * @param none of pages with which it had no word in common
 */
record Learned(Count all, Count[] words, Count none) {
  /**
   * Counts.
   *
   * @param clickShares clicks, of each only the part that fell to the word
   * @param actionShares actions likewise
   */
  record Count(
      double views, double clicks, double actions, double clickShares, double actionShares) {
    static final Count NOTHING = new Count(0, 0, 0, 0, 0);
  }

  /**
   * As the scripts keep them.
   *
   * @param words how many words the ad has
   */
  static Learned parse(byte[] packed, int words) {
    Count[] ofWords = new Count[words];
    Arrays.fill(ofWords, Count.NOTHING);
    if (packed.length == 0) {
      return new Learned(Count.NOTHING, ofWords, Count.NOTHING);
    }
    ByteBuffer in = ByteBuffer.wrap(packed);
    Count all = new Count(in.getDouble(), in.getDouble(), in.getDouble(), 0, 0);
    Count none = Count.NOTHING;
    while (in.hasRemaining()) {
      int word = in.getShort();
      Count count =
          new Count(in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble(), in.getDouble());
      if (word == 0) {
        none = count;
      } else if (word <= words) {
        ofWords[word - 1] = count;
      }
    }
    return new Learned(all, ofWords, none);
  }
}
