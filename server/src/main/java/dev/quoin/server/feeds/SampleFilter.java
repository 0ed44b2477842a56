// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;
import java.util.Set;

/** Matches the statuses of the first buckets. */
record SampleFilter(int buckets) implements FeedFilter {
  @Override
  public Matched match(StatusTerms status) {
    return status.bucket() < buckets ? WHOLE : null;
  }

  @Override
  public long bytes() {
    return 0;
  }

  @Override
  public Set<String> keys() {
    return Set.of();
  }
}
