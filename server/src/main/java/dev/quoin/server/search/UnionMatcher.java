// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.BitSet;
import java.util.List;

/** Documents of many matchers, of which each is run to its end when the first is asked for. */
final class UnionMatcher extends Matcher {
  private final List<? extends Matcher> all;
  private BitSet found;

  UnionMatcher(List<? extends Matcher> all) {
    this.all = all;
  }

  private BitSet found() {
    if (found == null) {
      found = new BitSet();
      for (Matcher one : all) {
        for (int at = one.next(0); at != END; at = one.next(at + 1)) {
          found.set(at);
        }
      }
    }
    return found;
  }

  @Override
  int next(int ordinal) {
    int at = found().nextSetBit(ordinal);
    return at < 0 ? END : at;
  }

  @Override
  boolean matches(int ordinal) {
    return found().get(ordinal);
  }

  @Override
  long cost() {
    return all.stream().mapToLong(Matcher::cost).sum();
  }

  @Override
  double score(int ordinal) {
    return 0;
  }

  @Override
  void explain(int ordinal, List<Part> parts) {}
}
