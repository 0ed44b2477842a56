// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.SubscribeResponse.Event;
import dev.quoin.chat.v1.SubscribeResponse.Signal;
import dev.quoin.streams.v1.Gap;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ChatTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Chat chat = quoin.chat();

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void subscriptionHearsWhatWasAndWhatComes() {
    Hearing hearing = new Hearing();
    String room = create();
    send(room, "one");
    ChatSubscription subscription = bob(hearing, "");
    Eventually.until("it stands", () -> hearing.alive);
    send(room, "two");
    chat.edit(r -> r.setChatId(room).setActor("ann").setMessageId(1).setBody("uno"));
    chat.delete(r -> r.setChatId(room).setActor("ann").setMessageId(2));
    Eventually.until(
        "all is heard", () -> hearing.events.stream().anyMatch(Event::hasMessageDeleted));
    // The cursor goes on when the listener is back from its call, so before the next one begins.
    Eventually.until(
        "something after it is heard",
        () -> {
          type(room);
          return !hearing.signals.isEmpty();
        });
    subscription.close();

    send(room, "three");
    Hearing rest = new Hearing();
    bob(rest, subscription.cursor());
    Eventually.until("the rest is heard", () -> !rest.events.isEmpty());
    assertThat(rest.events)
        .extracting(event -> event.getMessage().getBody())
        .containsExactly("three");
  }

  @Test
  void whoTakesOneEventASubscriptionHearsEveryEventOnce() throws Exception {
    String room = create();
    IntStream.range(0, 5).forEach(i -> send(room, "m" + i));
    List<String> heard = new ArrayList<>();
    String cursor = "";

    while (heard.size() < 5) {
      CompletableFuture<Event> first = new CompletableFuture<>();
      try (ChatSubscription one = bob((id, event) -> first.complete(event), cursor)) {
        Event taken = first.get(20, TimeUnit.SECONDS);
        cursor = taken.getCursor();
        if (taken.hasMessage()) {
          heard.add(taken.getMessage().getBody());
        }
      }
    }

    assertThat(heard).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  void listenerThatFailsAtOneEventHearsTheOthersThatCameWithIt() {
    String room = create();
    IntStream.range(0, 5).forEach(i -> send(room, "m" + i));
    List<String> heard = new CopyOnWriteArrayList<>();
    bob(
        (id, event) -> {
          if (event.hasMessage()) {
            heard.add(event.getMessage().getBody());
            if (heard.size() == 2) {
              throw new IllegalStateException("the listener's own fault");
            }
          }
        },
        "");

    Eventually.until("all are heard", () -> heard.size() == 5);
    assertThat(heard).containsExactly("m0", "m1", "m2", "m3", "m4");
  }

  @Test
  void gapsAndSignalsAreHeard() {
    String room = chat.create(r -> r.setActor("ann").addUsers("bob").setMaxMessages(2)).getChatId();
    IntStream.range(0, 5).forEach(i -> send(room, "m" + i));
    Hearing hearing = new Hearing();
    bob(hearing, "");

    Eventually.until("the gap is heard", () -> hearing.gaps.contains("1-3"));
    Eventually.until(
        "the signal is heard",
        () -> {
          type(room);
          return hearing.signals.contains("ann ACTIVITY_TYPING");
        });
  }

  private String create() {
    return chat.create(r -> r.setActor("ann").addUsers("bob")).getChatId();
  }

  private void send(String room, String body) {
    chat.send(r -> r.setChatId(room).setSender("ann").setBody(body));
  }

  private void type(String room) {
    chat.signal(r -> r.setChatId(room).setUser("ann").setActivity(Activity.ACTIVITY_TYPING));
  }

  private ChatSubscription bob(ChatListener listener, String cursor) {
    return chat.subscribe(r -> r.setUser("bob").setCursor(cursor), listener);
  }

  private static final class Hearing implements ChatListener {
    final List<Event> events = new CopyOnWriteArrayList<>();
    final List<String> gaps = new CopyOnWriteArrayList<>();
    final List<String> signals = new CopyOnWriteArrayList<>();
    volatile boolean alive;

    @Override
    public void event(String chat, Event event) {
      events.add(event);
    }

    @Override
    public void gap(Gap gap) {
      gaps.add(gap.getFirstMissed() + "-" + gap.getLastMissed());
    }

    @Override
    public void signal(Signal signal) {
      signals.add(signal.getUser() + " " + signal.getActivity());
    }

    @Override
    public void alive() {
      alive = true;
    }
  }
}
