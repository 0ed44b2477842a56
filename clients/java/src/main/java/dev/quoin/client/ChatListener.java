// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.chat.v1.SubscribeResponse.Signal;
import dev.quoin.streams.v1.Gap;

/**
 * Hears what happens in the chats of a user, one call at a time. What it throws is logged and stops
 * nothing: the next event follows, and the cursor goes on.
 */
@FunctionalInterface
public interface ChatListener {
  /**
   * Something happened in a chat: a message, an edit, a member joined or left. Another subscription
   * given the cursor of the event goes on after it.
   */
  void event(String chat, Event event);

  /** Messages are missing because they are no longer kept. */
  default void gap(Gap gap) {}

  /** A member is active, for example typing. */
  default void signal(Signal signal) {}

  /** The stream is open, after a start or a break, or still alive. */
  default void alive() {}

  /** The stream is broken; it is opened again unless the server refuses the request. */
  default void broken(QuoinException failure) {}
}
