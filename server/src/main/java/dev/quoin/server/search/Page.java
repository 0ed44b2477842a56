// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.FacetCounts;
import dev.quoin.search.v1.Hit;
import java.util.List;

/**
 * What a query found.
 *
 * @param hits with the positions after each, for tokens
 * @param more whether there are more hits
 * @param end the position after the last document that was looked for, hit or not
 * @param complete whether all documents were looked at
 * @param failed partitions that did not answer
 */
record Page(
    List<PlacedHit> hits,
    boolean more,
    String end,
    long total,
    boolean complete,
    List<Integer> failed,
    List<FacetCounts> facets,
    long cost) {

  /** A hit and the position after it. */
  record PlacedHit(Hit hit, String position) {}
}
