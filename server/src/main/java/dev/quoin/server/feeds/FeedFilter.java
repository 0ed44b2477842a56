// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;
import java.util.Set;

/** Decides which statuses a stream tells. */
interface FeedFilter {
  /** What a match without parts is told as. */
  Matched WHOLE = Matched.getDefaultInstance();

  /** The parts that a status matches; null when it does not match. */
  Matched match(StatusTerms status);

  /** Bytes that the filter takes while its stream is open, about. */
  long bytes();

  /** Keys of which a status that matches has one at least: see {@link FilterIndex}. */
  Set<String> keys();

  /** Matches everything. */
  FeedFilter EVERYTHING =
      new FeedFilter() {
        @Override
        public Matched match(StatusTerms status) {
          return WHOLE;
        }

        @Override
        public long bytes() {
          return 0;
        }

        @Override
        public Set<String> keys() {
          return Set.of(FilterIndex.EVERYTHING);
        }
      };
}
