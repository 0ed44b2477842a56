// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.streams.v1.Gap;

/** The chats of a user being followed. Never closed, it ends with its {@link Quoin}. */
public final class ChatSubscription extends CursorStream<SubscribeRequest, SubscribeResponse> {
  private final SubscribeRequest first;
  private final ChatListener listener;

  ChatSubscription(ClientCore core, SubscribeRequest first, ChatListener listener) {
    super(core, ChatGrpc.getSubscribeMethod(), first.getCursor(), listener::broken);
    this.first = first;
    this.listener = listener;
  }

  @Override
  SubscribeRequest request(String after) {
    return first.toBuilder().setCursor(after).build();
  }

  @Override
  void take(SubscribeResponse message) {
    if (message.hasSignal()) {
      tell(() -> listener.signal(message.getSignal()), cursor());
    }
    String chat = message.getEvents().getChatId();
    for (Event event : message.getEvents().getEventsList()) {
      tell(() -> listener.event(chat, event), event.getCursor());
    }
  }

  @Override
  void gap(Gap gap) {
    listener.gap(gap);
  }

  @Override
  void alive() {
    listener.alive();
  }
}
