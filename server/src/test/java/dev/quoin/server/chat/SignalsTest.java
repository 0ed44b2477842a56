// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.chat.v1.Activity;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.server.rpc.ResponseStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SignalsTest {
  private final Reader reader = new Reader();
  private final Signals signals = new Signals("me", reader);

  @Test
  void slowReaderHearsTheNewestOfEachUser() {
    reader.ready = false;
    tell("ann", Activity.ACTIVITY_TYPING);
    tell("bob", Activity.ACTIVITY_TYPING);
    tell("ann", Activity.ACTIVITY_IDLE);
    assertThat(reader.heard).isEmpty();

    signals.ready();

    assertThat(reader.heard).containsExactly("ann ACTIVITY_IDLE", "bob ACTIVITY_TYPING");
  }

  @Test
  void whatWaitedIsNotToldAfterSomethingNewer() {
    reader.ready = false;
    tell("ann", Activity.ACTIVITY_TYPING);
    reader.ready = true;
    tell("ann", Activity.ACTIVITY_IDLE);

    signals.ready();

    assertThat(reader.heard).containsExactly("ann ACTIVITY_IDLE");
  }

  @Test
  void whatOneDoesOneselfIsNotTold() {
    tell("me", Activity.ACTIVITY_TYPING);

    assertThat(reader.heard).isEmpty();
  }

  private void tell(String user, Activity activity) {
    signals.tell("room", activity.getNumber() + " " + user);
  }

  private static final class Reader implements ResponseStream<SubscribeResponse> {
    final List<String> heard = new ArrayList<>();
    boolean ready = true;

    @Override
    public void send(SubscribeResponse message) {
      heard.add(message.getSignal().getUser() + " " + message.getSignal().getActivity());
    }

    @Override
    public void conflate(SubscribeResponse message) {
      throw new AssertionError("signals are not conflated by the responses");
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public void onReady(Runnable action) {}

    @Override
    public void complete() {}

    @Override
    public void fail(Throwable failure) {}
  }
}
