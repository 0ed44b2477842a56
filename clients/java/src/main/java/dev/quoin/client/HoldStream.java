// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Instant;
import java.util.function.Consumer;

/** One stream of a Hold. */
final class HoldStream {
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

  void waiting(long position) {
    hold.waiting(this, position);
  }

  void granted(Grant grant) {
    hold.granted(this, grant);
  }

  void renewed(Instant expireTime) {
    hold.renewed(this, expireTime);
  }

  void lost(LostReason reason) {
    hold.ended(this, reason);
  }

  void reconnect(String token) {
    hold.reconnect(this, token);
  }

  /** Receives the messages of the stream. */
  <R> StreamObserver<R> receiver(Consumer<R> reader) {
    return new StreamObserver<>() {
      @Override
      public void onNext(R message) {
        reader.accept(message);
      }

      @Override
      public void onError(Throwable failure) {
        hold.failed(HoldStream.this, QuoinException.from(failure));
      }

      @Override
      public void onCompleted() {
        onError(Failure.local(Status.Code.UNAVAILABLE, "the stream ended without a reason", null));
      }
    };
  }
}
