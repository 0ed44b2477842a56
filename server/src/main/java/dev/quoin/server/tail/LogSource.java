// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import java.util.concurrent.CompletionStage;

/**
 * A log in Redis: where it is read, and where its writers say that there is something new.
 *
 * @param <E> type of the entries
 */
public interface LogSource<E extends SequencedEntry> {
  /** A position greater than all there will ever be, for asking what the newest one is. */
  long END = 1L << 53;

  /**
   * The channel of hints; also the identity of the log. A hint is the position of an entry just
   * written, in decimal; it may be left out while no server listens. A text that begins with '~' is
   * a signal: it is handed to the subscribers and belongs to no entry.
   */
  String channel();

  /**
   * Reads entries after a position.
   *
   * @param limit how many at most; fewer when they are large, but at least one
   * @param listens whether this server wants hints from now on, for {@link Tails#LISTENS_MILLIS}
   */
  CompletionStage<ReadBatch<E>> read(long after, int limit, boolean listens);

  /**
   * How long at most a lost hint goes unnoticed. More for a log that is one of very many, less than
   * {@link Tails#LISTENS_MILLIS}.
   */
  default long sweepMillis() {
    return 5_000;
  }
}
