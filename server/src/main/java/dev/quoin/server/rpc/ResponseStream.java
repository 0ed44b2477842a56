// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

/**
 * The way of messages to the caller of a server-streaming RPC. Safe for use by many threads; does
 * nothing once the call has ended.
 *
 * @param <R> type of the messages
 */
public interface ResponseStream<R> {
  /**
   * Sends a message even to a slow reader; only for messages whose number is bounded. Replaces a
   * conflated message that has not been sent.
   */
  void send(R message);

  /** Sends a message now or, to a slow reader, later unless a newer one has come by then. */
  void conflate(R message);

  /**
   * Whether a message sent now goes out without being kept in memory for a slow reader. False once
   * the call has ended.
   */
  boolean isReady();

  /** Runs every time the reader has caught up after {@link #isReady} was false. */
  void onReady(Runnable action);

  /** Ends the stream with status OK. */
  void complete();

  /** Ends the stream with the status of a failure. */
  void fail(Throwable failure);
}
