// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Doing;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.chat.v1.SubscribeResponse.Events;
import dev.quoin.chat.v1.SubscribeResponse.Gap;

/** A user's chats being followed. Never closed, it ends with its {@link Quoin}. */
public final class ChatSubscription implements AutoCloseable {
  private final String user;
  private final ChatListener listener;
  private final OpenStream<SubscribeRequest, SubscribeResponse> stream;
  private volatile String cursor;
  private volatile boolean closed;

  ChatSubscription(Link link, String user, ChatListener listener, String cursor) {
    this.user = user;
    this.listener = listener;
    this.cursor = cursor;
    this.stream =
        new OpenStream<>(
            link, ChatGrpc.getSubscribeMethod(), this::request, this::take, listener::broken);
  }

  /**
   * Where another subscription would go on after the last call of the listener that has returned.
   */
  public String cursor() {
    return cursor;
  }

  /** Ends it; the listener may still be in its last call. */
  @Override
  public void close() {
    closed = true;
    stream.close();
  }

  void open() {
    stream.open();
  }

  private SubscribeRequest request() {
    return SubscribeRequest.newBuilder().setUser(user).setCursor(cursor).build();
  }

  private void take(SubscribeResponse message) {
    switch (message.getEventCase()) {
      case EVENTS -> tell(message.getEvents());
      case GAP -> tell(message.getGap());
      case SIGNAL -> tell(message.getSignal());
      case HEARTBEAT -> tell(listener::alive, message.getHeartbeat().getCursor());
      case RECONNECT -> cursor = message.getReconnect().getCursor();
      default -> {}
    }
  }

  private void tell(Events events) {
    for (Event event : events.getEventsList()) {
      tell(() -> listener.event(events.getChatId(), event), event.getCursor());
    }
  }

  private void tell(Gap gap) {
    tell(
        () -> listener.gap(gap.getChatId(), gap.getFromMessageId(), gap.getToMessageId()),
        gap.getCursor());
  }

  private void tell(Doing doing) {
    tell(() -> listener.signal(doing.getChatId(), doing.getUser(), doing.getActivity()), cursor);
  }

  /** What a listener throws at one thing must not cost it those that came with it. */
  private void tell(Runnable news, String after) {
    if (closed) {
      return;
    }
    Callbacks.run("a listener of the chats of a user", news);
    cursor = after;
  }
}
