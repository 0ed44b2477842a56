// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A user's chats being followed. Never closed, it ends with its {@link Quoin}. */
public final class ChatSubscription implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(ChatSubscription.class.getName());

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
        message.getEvents().getEventsList().forEach(event -> tell(chat, event));
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

  /** What a listener does with one event must not cost it the others that came with it. */
  private void tell(String chat, Event event) {
    try {
      listener.event(chat, event);
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a listener failed at an event of " + chat, e);
    }
  }
}
