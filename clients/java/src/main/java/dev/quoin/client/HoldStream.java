// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;

/** One stream of a Hold. */
final class HoldStream implements StreamObserver<HoldResponse> {
  private final HoldCall hold;
  private volatile long sent;
  private ClientCall<HoldRequest, HoldResponse> call;

  HoldStream(HoldCall hold) {
    this.hold = hold;
  }

  void open(Link link, HoldRequest request) {
    sent = System.nanoTime();
    call = link.stream(LocksGrpc.getHoldMethod(), request, this);
  }

  /** When the lease in the newest grant was asked for. */
  long sent() {
    return sent;
  }

  void sentAt(long nanos) {
    sent = nanos;
  }

  void cancel() {
    call.cancel("the lock is not wanted any more", null);
  }

  @Override
  public void onNext(HoldResponse event) {
    hold.on(this, event);
  }

  @Override
  public void onError(Throwable failure) {
    hold.failed(this, QuoinException.from(failure));
  }

  @Override
  public void onCompleted() {
    hold.failed(
        this, Failure.local(Status.Code.UNAVAILABLE, "the stream ended without a reason", null));
  }
}
