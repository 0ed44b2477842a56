// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.server.tail.Cursor;

/** Which statuses are part of a sample. */
final class Samples {
  /** A sample is a number of these. */
  static final int BUCKETS = 10_000;

  private Samples() {}

  /**
   * The bucket of a status, by its id alone: FNV-1a over the chars of the id, mixed by the
   * finalizer of MurmurHash3, modulo {@value #BUCKETS}. A sample of n buckets has those below n,
   * and so every smaller sample.
   */
  static int bucket(String id) {
    long hash = Cursor.id(id);
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return (int) Long.remainderUnsigned(hash ^ hash >>> 33, BUCKETS);
  }
}
