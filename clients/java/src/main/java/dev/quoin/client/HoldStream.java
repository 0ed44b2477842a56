// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
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
    response.getAllFields().forEach((field, event) -> tell(field.getName(), (Message) event));
  }

  private void tell(String kind, Message event) {
    switch (kind) {
      case "waiting" -> hold.waiting(this, (Long) Fields.get(event, "position"));
      case "granted" -> hold.granted(this, Grant.of(event));
      case "heartbeat" -> {
        if (Fields.has(event, "expire_time")) {
          hold.renewed(this, Times.instant((Timestamp) Fields.get(event, "expire_time")));
        }
      }
      case "lost" -> hold.ended(this, LostReason.of(event));
      case "reconnect" -> hold.reconnect(this, (String) Fields.get(event, "token"));
      default -> {} // this version does not know it
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
