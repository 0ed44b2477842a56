// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.SubscribeResponse.Event;

/**
 * Hears what happens in the chats of a user. What it throws is logged and stops nothing: what comes
 * next is told, and the cursor goes on.
 */
@FunctionalInterface
public interface ChatListener {
  /**
   * Something happened in a chat: a message, an edit, somebody came or went. Another subscription
   * goes on after it with the cursor of the event.
   */
  void event(String chat, Event event);

  /**
   * Messages cannot be told because they are kept no longer; when {@code to} is less than {@code
   * from} only other events are missing.
   */
  default void gap(String chat, long from, long to) {}

  /** Somebody is doing something, for example typing. */
  default void signal(String chat, String user, Activity activity) {}

  /** The stream stands, after a start or a break, or is still alive. */
  default void alive() {}

  /** The stream is broken; it is opened again unless the request makes no sense. */
  default void broken(QuoinException failure) {}
}
