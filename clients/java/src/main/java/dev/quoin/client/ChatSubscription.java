// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;

/** A user's chats being followed. Never closed, it ends with its {@link Quoin}. */
public final class ChatSubscription implements AutoCloseable {
  private final String user;
  private final ChatListener listener;
  private final OpenStream<SubscribeRequest, SubscribeResponse> stream;
  private volatile String cursor;

  ChatSubscription(Link link, String user, ChatListener listener, String cursor) {
    this.user = user;
    this.listener = listener;
    this.cursor = cursor;
    this.stream =
        new OpenStream<>(
            link, ChatGrpc.getSubscribeMethod(), this::request, this::take, listener::broken);
  }

  /** Where another subscription would go on after what the listener has heard. */
  public String cursor() {
    return cursor;
  }

  /** Ends it; the listener may still be in its last call. */
  @Override
  public void close() {
    stream.close();
  }

  void open() {
    stream.open();
  }

  private SubscribeRequest request() {
    return SubscribeRequest.newBuilder().setUser(user).setCursor(cursor).build();
  }

  private void take(SubscribeResponse message) {
    try {
      tell(message);
    } finally {
      if (!message.getCursor().isEmpty()) {
        cursor = message.getCursor();
      }
    }
  }

  private void tell(SubscribeResponse message) {
    switch (message.getEventCase()) {
      case EVENTS -> {
        String chat = message.getEvents().getChatId();
        message.getEvents().getEventsList().forEach(event -> listener.event(chat, event));
      }
      case GAP ->
          listener.gap(
              message.getGap().getChatId(),
              message.getGap().getFromMessageId(),
              message.getGap().getToMessageId());
      case SIGNAL ->
          listener.signal(
              message.getSignal().getChatId(),
              message.getSignal().getUser(),
              message.getSignal().getActivity());
      case HEARTBEAT -> listener.alive();
      default -> {}
    }
  }
}
