// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.ServerCall;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What happens to a call before it is known whether it may begin. */
final class DeferredListenerTest {
  private final List<String> events = new ArrayList<>();
  private final DeferredListener<String> deferred =
      new DeferredListener<>(() -> events.add("gone"));

  private final ServerCall.Listener<String> listener =
      new ServerCall.Listener<>() {
        @Override
        public void onMessage(String message) {
          events.add(message);
        }

        @Override
        public void onHalfClose() {
          events.add("half closed");
        }

        @Override
        public void onReady() {
          events.add("ready");
        }

        @Override
        public void onCancel() {
          events.add("cancelled");
        }

        @Override
        public void onComplete() {
          events.add("complete");
        }
      };

  @Test
  void listenerHearsWhatCameBeforeAndAfter() {
    deferred.onReady();
    deferred.onHalfClose();
    assertThat(events).isEmpty();

    deferred.become(() -> listener);
    deferred.onComplete();

    assertThat(events).containsExactly("ready", "half closed", "complete");
  }

  @Test
  void messagesComeOnceTheCallHasBegun() {
    deferred.become(() -> listener);
    deferred.onMessage("a");
    deferred.onReady();
    deferred.onHalfClose();
    deferred.onCancel();

    assertThat(events).containsExactly("a", "ready", "half closed", "cancelled");
  }

  @Test
  void callWhoseCallerHasGoneDoesNotBegin() {
    deferred.onCancel();
    deferred.become(
        () -> {
          events.add("begun");
          return listener;
        });

    assertThat(events).containsExactly("gone");
  }
}
