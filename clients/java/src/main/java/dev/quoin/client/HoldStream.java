// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.Waiting;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** One stream of a Hold: tells the call what happens on it. */
final class HoldStream implements StreamObserver<Message> {
  private final HoldCall hold;
  private volatile long sent;
  private ClientCall<?, ?> call;

  HoldStream(HoldCall hold) {
    this.hold = hold;
  }

  void open(LeaseCalls calls, String token) {
    sent = System.nanoTime();
    call = calls.hold(token, this);
  }

  /** When the lease in the newest grant was asked for. */
  long sent() {
    return sent;
  }

  void sentAt(long nanos) {
    sent = nanos;
  }

  void cancel() {
    call.cancel("it is not wanted any more", null);
  }

  @Override
  public void onNext(Message response) {
    Object event = Fields.event(response);
    if (event instanceof Waiting waiting) {
      hold.waiting(this, waiting.getPosition());
    } else if (event instanceof Granted granted) {
      hold.granted(this, Grant.of(granted));
    } else if (event instanceof Heartbeat heartbeat && heartbeat.hasExpireTime()) {
      hold.renewed(this, Times.instant(heartbeat.getExpireTime()));
    } else if (event instanceof Lost lost) {
      hold.ended(this, lost);
    } else if (event instanceof Reconnect reconnect) {
      hold.reconnect(this, reconnect.getToken());
    }
  }

  @Override
  public void onError(Throwable failure) {
    hold.failed(this, QuoinException.from(failure));
  }

  @Override
  public void onCompleted() {
    onError(Failure.local(Status.Code.UNAVAILABLE, "the stream ended without a reason", null));
  }
}
