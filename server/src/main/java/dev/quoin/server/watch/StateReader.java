// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

/**
 * Tells a caller how the state stands, in one message, whenever that is not what the caller was
 * told last. The message once more shows that the stream is alive.
 *
 * @param <S> the watched state
 * @param <R> type of the messages
 */
public abstract class StateReader<S, R> implements Reader<S, R> {
  private R told;

  /** What the caller is told of a state; equal messages tell the same. */
  protected abstract R message(S state);

  @Override
  public final R next(S state) {
    R message = message(state);
    if (message.equals(told)) {
      return null;
    }
    told = message;
    return message;
  }

  @Override
  public R heartbeat(S state, boolean stale) {
    return told;
  }
}
