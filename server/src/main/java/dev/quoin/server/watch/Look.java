// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

/**
 * What is seen of a watched state.
 *
 * @param <S> the state
 * @param kind whether there is a state, or what to do instead
 * @param state the state
 */
public record Look<S>(Kind kind, S state) {
  private static final Look<Object> AGAIN = new Look<>(Kind.AGAIN, null);
  private static final Look<Object> NOTHING = new Look<>(Kind.NOTHING, null);

  enum Kind {
    STATE,
    AGAIN,
    NOTHING
  }

  /** The state is this. */
  public static <S> Look<S> at(S state) {
    return new Look<>(Kind.STATE, state);
  }

  /** The state has to be loaded. */
  @SuppressWarnings("unchecked") // It has no state.
  public static <S> Look<S> again() {
    return (Look<S>) AGAIN;
  }

  /** Nothing has changed. */
  @SuppressWarnings("unchecked") // It has no state.
  public static <S> Look<S> nothing() {
    return (Look<S>) NOTHING;
  }
}
