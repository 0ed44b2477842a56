// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.redis.Seal;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Function;

/**
 * Recent cursors that speak of one log only. All streams that follow just this log get the same
 * ones, so each is sealed once.
 */
final class CursorCache {
  private static final int PLACES = 1024;

  private final Seal seal;
  private final AtomicReferenceArray<Sealed> recent = new AtomicReferenceArray<>(PLACES);

  /** A cursor, and the key it was sealed with. */
  private record Sealed(Cursor.Mark mark, Object key, String text) {}

  CursorCache(Seal seal) {
    this.seal = seal;
  }

  Seal seal() {
    return seal;
  }

  /** The cursor of a mark, made when it is not here. */
  String get(Cursor.Mark mark, Function<Cursor.Mark, String> make) {
    int place = Math.floorMod(Long.hashCode(mark.log() + mark.position()), PLACES);
    Object key = seal.key();
    Sealed known = recent.get(place);
    if (known == null || known.key() != key || !known.mark().equals(mark)) {
      known = new Sealed(mark, key, make.apply(mark));
      recent.set(place, known);
    }
    return known.text();
  }
}
