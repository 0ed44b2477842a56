// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.SubscribeRequest;
import java.util.function.Consumer;

/** The RPCs of Chat, and subscriptions that survive broken streams. */
public final class Chat extends ChatClient {
  Chat(ClientCore core) {
    super(core, core.deadline());
  }

  /**
   * Follows everything that happens in the chats of a user, beginning with what is not
   * acknowledged, until the subscription is closed. A broken stream is opened again, at any server,
   * and goes on where it was.
   *
   * @param listener is called in order, one call at a time, and may block: it is then sent no more
   *     than it takes
   */
  public ChatSubscription subscribe(SubscribeRequest request, ChatListener listener) {
    ChatSubscription subscription = new ChatSubscription(core, request, listener);
    subscription.open();
    return subscription;
  }

  /** The same with a request that is filled in here. */
  public ChatSubscription subscribe(
      Consumer<SubscribeRequest.Builder> request, ChatListener listener) {
    return subscribe(filled(SubscribeRequest.newBuilder(), request).build(), listener);
  }
}
