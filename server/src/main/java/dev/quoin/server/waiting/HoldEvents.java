// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

/**
 * How a feature writes the events of a {@link Hold}.
 *
 * @param <R> type of the messages
 */
public interface HoldEvents<R> {
  R waiting(long place);

  R granted(Grant grant);

  /** The stream is alive and the lease ends then. */
  R heartbeat(long expireMillis);

  R lost(LeaseLoss loss);

  /** The server goes away; the token is empty while the caller was waiting. */
  R reconnect(String token);
}
