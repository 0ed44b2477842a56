// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import java.util.concurrent.CompletionStage;

/**
 * State in Redis that callers watch: how it is loaded, and what hints say about it. A feature
 * implements this for each kind of thing that can be watched.
 *
 * @param <S> the state, immutable
 */
public interface Watched<S> {
  /** The channel on which changes are hinted; also the identity of the state. */
  String channel();

  /**
   * Loads the state, or only what is newer than what is known.
   *
   * @param known the state as it was last loaded or hinted, null at first
   */
  CompletionStage<Look<S>> load(S known);

  /**
   * What a hint says: {@link Look#again} to load the state, {@link Look#nothing} to ignore the
   * hint, or the new state itself.
   *
   * @param known the state, which has been loaded at least once
   */
  default Look<S> hinted(String payload, S known) {
    return Look.again();
  }

  /**
   * Reconciles a loaded state with the known one, for states that hints can change.
   *
   * @param known the state when the load ended; null at first
   * @param hinted whether a hint changed the known state while the load was under way
   */
  default Look<S> merge(S known, Look<S> loaded, boolean hinted) {
    return loaded;
  }
}
