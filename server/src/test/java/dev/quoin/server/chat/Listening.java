// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.server.testing.Eventually;
import dev.quoin.streams.v1.Gap;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;

/** A Subscribe of a test that reads as many messages as it says. */
final class Listening extends ClientCall.Listener<SubscribeResponse> implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int ALL = Integer.MAX_VALUE;

  private final List<SubscribeResponse> told = new CopyOnWriteArrayList<>();
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicInteger beats = new AtomicInteger();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final ClientCall<SubscribeRequest, SubscribeResponse> call;
  private volatile String cursor = "";

  private Listening(Channel channel) {
    call = channel.newCall(ChatGrpc.getSubscribeMethod(), CallOptions.DEFAULT);
  }

  /** Opens a stream and waits until it has started. */
  static Listening open(Channel channel, String user, String cursor) {
    Listening listening =
        begin(channel, SubscribeRequest.newBuilder().setUser(user).setCursor(cursor), ALL);
    listening.awaitStart();
    return listening;
  }

  static Listening open(Channel channel, String user) {
    return open(channel, user, "");
  }

  static Listening begin(Channel channel, SubscribeRequest.Builder request, int messages) {
    Listening listening = new Listening(channel);
    listening.call.start(listening, new Metadata());
    listening.call.request(messages);
    listening.call.sendMessage(request.build());
    listening.call.halfClose();
    return listening;
  }

  void read(int messages) {
    call.request(messages);
  }

  boolean hasStarted() {
    return beats.get() > 0;
  }

  void awaitStart() {
    Eventually.until(PATIENCE, "the stream starts", this::hasStarted);
  }

  String cursor() {
    return cursor;
  }

  /** All messages received but heartbeats, in order. */
  List<SubscribeResponse> told() {
    return told;
  }

  List<Event> events(String chat) {
    return told.stream()
        .filter(message -> message.getEvents().getChatId().equals(chat))
        .flatMap(message -> message.getEvents().getEventsList().stream())
        .toList();
  }

  /** What the messages of a chat say that were received, in order. */
  List<String> bodies(String chat) {
    return events(chat).stream()
        .filter(Event::hasMessage)
        .map(event -> event.getMessage().getBody())
        .toList();
  }

  List<Gap> gaps() {
    return told.stream().filter(SubscribeResponse::hasGap).map(SubscribeResponse::getGap).toList();
  }

  CompletableFuture<Status> end() {
    return end;
  }

  void awaitBodies(String chat, int count) {
    Eventually.until(PATIENCE, count + " messages of " + chat, () -> bodies(chat).size() >= count);
  }

  /** Waits for so many messages of all chats; for many of them, because it only counts. */
  void awaitMessages(int count) {
    Eventually.until(PATIENCE, count + " messages", () -> messages.get() >= count);
  }

  void await(String chat, String what, Predicate<Event> event) {
    Eventually.until(PATIENCE, what, () -> events(chat).stream().anyMatch(event));
  }

  @Override
  public void onMessage(SubscribeResponse message) {
    cursor = cursor(message);
    if (message.hasHeartbeat()) {
      beats.incrementAndGet();
    } else {
      told.add(message);
      message.getEvents().getEventsList().stream()
          .filter(Event::hasMessage)
          .forEach(event -> messages.incrementAndGet());
    }
  }

  private String cursor(SubscribeResponse message) {
    return switch (message.getEventCase()) {
      case EVENTS -> {
        List<Event> events = message.getEvents().getEventsList();
        yield events.get(events.size() - 1).getCursor();
      }
      case GAP -> message.getGap().getCursor();
      case HEARTBEAT -> message.getHeartbeat().getCursor();
      case RECONNECT -> message.getReconnect().getCursor();
      default -> cursor;
    };
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    end.complete(status);
  }

  @Override
  public void close() {
    call.cancel("the test is over", null);
  }
}
