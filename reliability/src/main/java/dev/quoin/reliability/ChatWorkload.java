// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.chat.v1.CreateRequest;
import dev.quoin.chat.v1.ListMessagesRequest;
import dev.quoin.chat.v1.ListMessagesResponse;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.SendRequest;
import dev.quoin.chat.v1.SendResponse;
import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import io.grpc.Channel;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A chat whose messages, once acknowledged, are kept in the order of their ids, each once, and
 * reach a member who listens, in order.
 */
final class ChatWorkload implements Workload {
  private static final String CHAT = "chat";
  private static final String LISTENER = "user-0";
  private static final int USERS = 3;
  private static final int PAGE = 500;

  private final Servers servers;
  private final Findings findings;
  private final Follower<SubscribeResponse> follower;
  private final Map<Long, String> sent = new ConcurrentHashMap<>();
  private final Map<Long, String> heard = new ConcurrentHashMap<>();
  private volatile long lastHeard;

  ChatWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
    follower = new Follower<>(servers, ChatWorkload::subscribe, this::hear);
  }

  @Override
  public void prepare() throws Exception {
    CreateRequest.Builder create =
        CreateRequest.newBuilder().setChatId(CHAT).setActor(LISTENER).setMaxMessages(100_000);
    // So that the listener has a cursor.
    create.setFirstMessage("hello");
    for (int i = 0; i < USERS; i++) {
      create.addUsers("user-" + i);
    }
    create.setRequestId(UUID.randomUUID().toString());
    servers.repeat(new Random(0), channel -> chats(channel).create(create.build()));
    follower.start();
  }

  @Override
  public void load(Random random) throws Exception {
    SendRequest send =
        SendRequest.newBuilder()
            .setChatId(CHAT)
            .setSender("user-" + random.nextInt(USERS))
            .setBody(UUID.randomUUID().toString())
            .setClientMessageId(UUID.randomUUID().toString())
            .build();
    Optional<SendResponse> answer = servers.repeat(random, channel -> chats(channel).send(send));
    answer.ifPresent(
        one -> {
          String before = sent.put(one.getMessageId(), send.getBody());
          if (before != null) {
            findings.broken("two messages have the id %d", one.getMessageId());
          }
        });
  }

  @Override
  public void check() throws Exception {
    Times.await(60, () -> heard.keySet().containsAll(sent.keySet()));
    follower.close();
    Set<Long> unheard = new HashSet<>(sent.keySet());
    unheard.removeAll(heard.keySet());
    if (!unheard.isEmpty()) {
      findings.broken(
          "%d messages never reached a listener, such as %s",
          unheard.size(), unheard.iterator().next());
    }
    compareWithKept();
  }

  private void compareWithKept() throws InterruptedException {
    Map<Long, String> lost = new ConcurrentHashMap<>(sent);
    Set<String> bodies = new HashSet<>();
    long last = 0;
    boolean more = true;
    while (more) {
      ListMessagesRequest list =
          ListMessagesRequest.newBuilder()
              .setChatId(CHAT)
              .setActor(LISTENER)
              .setAfterMessageId(last)
              .setMaxItems(PAGE)
              .build();
      ListMessagesResponse page =
          servers.repeat(new Random(0), channel -> chats(channel).listMessages(list)).orElseThrow();
      for (Message message : page.getMessagesList()) {
        if (message.getMessageId() <= last) {
          findings.broken("message %d is listed after %d", message.getMessageId(), last);
        }
        last = message.getMessageId();
        String body = lost.remove(last);
        if (body != null && !body.equals(message.getBody()) || !bodies.add(message.getBody())) {
          findings.broken("message %d is another one or stands twice", last);
        }
      }
      more = page.getMore() && page.getMessagesCount() > 0;
    }
    if (!lost.isEmpty()) {
      findings.broken(
          "%d messages are lost, such as %s", lost.size(), lost.keySet().iterator().next());
    }
  }

  private static Iterator<SubscribeResponse> subscribe(Channel channel, String cursor) {
    return ChatGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Follower.STREAM_SECONDS, TimeUnit.SECONDS)
        .subscribe(SubscribeRequest.newBuilder().setUser(LISTENER).setCursor(cursor).build());
  }

  private String hear(SubscribeResponse response) {
    if (response.hasGap()) {
      findings.broken("a chat stream has a gap: %s", response.getGap());
    }
    String cursor = response.getHeartbeat().getCursor() + response.getReconnect().getCursor();
    for (SubscribeResponse.Event event : response.getEvents().getEventsList()) {
      cursor = event.getCursor();
      if (event.hasMessage()) {
        long id = event.getMessage().getMessageId();
        if (id <= lastHeard) {
          findings.broken("message %d is heard after %d", id, lastHeard);
        }
        lastHeard = id;
        heard.put(id, event.getMessage().getBody());
      }
    }
    return cursor;
  }

  private static ChatGrpc.ChatBlockingStub chats(Channel channel) {
    return ChatGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
