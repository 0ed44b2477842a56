// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestServer;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;

@Tag("redis")
final class SubscribeResumingTest extends ResumingKit<SubscribeRequest, SubscribeResponse> {
  private static final int KEPT = 50;

  private final String chat = "chat " + System.nanoTime() + " ";
  private final String bob = "bob " + System.nanoTime();
  private final Chats chats = new Chats(TestServer.first().channel());

  @BeforeEach
  void create() {
    for (int i = 0; i < 3; i++) {
      chats.stub.create(Chats.plan(chat + i, "ann", bob).setMaxMessages(KEPT).build());
    }
  }

  @Override
  protected MethodDescriptor<SubscribeRequest, SubscribeResponse> method() {
    return ChatGrpc.getSubscribeMethod();
  }

  @Override
  protected SubscribeRequest request(String cursor) {
    return SubscribeRequest.newBuilder().setUser(bob).setCursor(cursor).build();
  }

  @Override
  protected List<Told> told(SubscribeResponse message) {
    return switch (message.getEventCase()) {
      case EVENTS ->
          message.getEvents().getEventsList().stream()
              .map(event -> Told.event(event.getMessage().getBody(), event.getCursor()))
              .toList();
      case GAP -> List.of(Told.gap(message.getGap().getCursor()));
      default -> List.of(Told.heartbeat(message.getHeartbeat().getCursor()));
    };
  }

  @Override
  protected void write(int number, String text) {
    chats.send(chat + number, "ann", text);
  }

  @Override
  protected void overflow(int number) {
    for (int i = 0; i < KEPT + 10; i++) {
      write(number, "more " + i);
    }
  }
}
