// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class BrokenConnectionsTest {
  @Test
  void callOnAConnectionThatIsClosedAlreadyIsUnavailable() {
    ClosedChannelException closed = new ClosedChannelException();

    Status status = seen(Status.UNKNOWN.withDescription("channel closed").withCause(closed));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).isEqualTo("the connection broke");
    assertThat(status.getCause()).isSameAs(closed);
  }

  @Test
  void whatAServerSaysIsLeftAlone() {
    Status unknown = Status.UNKNOWN.withDescription("channel closed");
    Status cancelled = Status.CANCELLED.withCause(new ClosedChannelException());

    assertThat(seen(unknown)).isSameAs(unknown);
    assertThat(seen(cancelled)).isSameAs(cancelled);
    assertThat(seen(Status.OK)).isSameAs(Status.OK);
  }

  private static Status seen(Status end) {
    AtomicReference<Status> seen = new AtomicReference<>();
    new BrokenConnections()
        .interceptCall(LocksGrpc.getAcquireMethod(), CallOptions.DEFAULT, new Ending(end))
        .start(
            new ClientCall.Listener<>() {
              @Override
              public void onClose(Status status, Metadata trailers) {
                seen.set(status);
              }
            },
            new Metadata());
    return seen.get();
  }

  /** Every call ends as it begins. */
  private static final class Ending extends Channel {
    private final Status end;

    Ending(Status end) {
      this.end = end;
    }

    @Override
    public <Q, R> ClientCall<Q, R> newCall(MethodDescriptor<Q, R> method, CallOptions options) {
      return new ClientCall<>() {
        @Override
        public void start(Listener<R> listener, Metadata headers) {
          listener.onClose(end, new Metadata());
        }

        @Override
        public void request(int messages) {}

        @Override
        public void cancel(String message, Throwable cause) {}

        @Override
        public void halfClose() {}

        @Override
        public void sendMessage(Q message) {}
      };
    }

    @Override
    public String authority() {
      return "test";
    }
  }
}
