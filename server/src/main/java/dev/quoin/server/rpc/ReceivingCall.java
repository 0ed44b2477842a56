// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import io.grpc.ServerCall;

/** A call with a stream of requests. */
final class ReceivingCall<Q extends Message, R> extends ServedCall<R> {
  private final CallSink<R> sink;
  private final Inbox<Q> inbox;

  /** Requests taken whose stage is not complete, and one more until the caller has sent all. */
  private int open = 1;

  private boolean failed;

  ReceivingCall(
      Call call, ServerCall<Object, R> server, Serving serving, Rpc.Receiving<Q, R> handler) {
    super(call, server, serving);
    this.sink = new CallSink<>(server, this::close);
    this.inbox = handler.open(call, sink);
  }

  @Override
  public void onMessage(Object message) {
    synchronized (this) {
      if (failed) {
        return;
      }
      open++;
    }
    try {
      inbox
          .take(checked(message))
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  fail(failure);
                } else {
                  server.request(1);
                  settle();
                }
              });
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  @Override
  public void onHalfClose() {
    settle();
  }

  @Override
  public void onCancel() {
    synchronized (this) {
      failed = true;
    }
    sink.end();
    super.onCancel();
  }

  @Override
  public void onReady() {
    sink.ready();
  }

  private void settle() {
    synchronized (this) {
      open--;
      if (open > 0 || failed) {
        return;
      }
    }
    inbox.end();
  }

  /** Ends the call for its caller; for the feature it is as if the caller had gone. */
  private void fail(Throwable failure) {
    synchronized (this) {
      failed = true;
    }
    sink.fail(failure);
    call.cancel();
  }
}
