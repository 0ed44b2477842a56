// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.errors.ApiException;
import io.grpc.ServerCall;
import java.util.concurrent.CompletionStage;

/** A call with a stream of requests. */
final class ReceivingCall<Q extends Message, R> extends AbstractCall<R> {
  private final CallResponseStream<R> responses;
  private final RequestStreamHandler<Q> requests;

  /** Requests taken whose stage is not complete, and one more until the caller has sent all. */
  private int open = 1;

  /** Why a request was not taken; none is after it. */
  private Throwable refused;

  private boolean failed;

  ReceivingCall(
      Call call, ServerCall<Object, R> server, CallSupport support, Rpc.Receiving<Q, R> handler) {
    super(call, server, support);
    this.responses = new CallResponseStream<>(server, unread, this::close, this::abandon);
    this.requests = handler.open(call, responses);
  }

  @Override
  public void onMessage(Object message) {
    synchronized (this) {
      if (failed || refused != null) {
        return;
      }
      open++;
    }
    CompletionStage<?> taken;
    try {
      taken = requests.take(checked(message));
    } catch (RuntimeException e) {
      refuse(about(message, e));
      return;
    }
    taken.whenComplete(
        (done, failure) -> {
          if (failure != null) {
            fail(about(message, failure));
          } else {
            server.request(1);
            settle();
          }
        });
  }

  @Override
  public void onHalfClose() {
    synchronized (this) {
      if (refused != null) {
        return;
      }
    }
    settle();
  }

  @Override
  public void onCancel() {
    synchronized (this) {
      failed = true;
    }
    responses.end();
    super.onCancel();
  }

  @Override
  public void deny(ApiException refusal) {
    fail(refusal);
  }

  @Override
  public void onReady() {
    super.onReady();
    responses.ready();
  }

  /** The call fails once all requests before are done; from here on it is as if all were sent. */
  private void refuse(Throwable failure) {
    synchronized (this) {
      refused = failure;
      open--;
    }
    settle();
  }

  private void settle() {
    Throwable why;
    synchronized (this) {
      open--;
      if (open > 0 || failed) {
        return;
      }
      why = refused;
    }
    if (why == null) {
      requests.end();
    } else {
      fail(requests.refused(why));
    }
  }

  private void abandon() {
    synchronized (this) {
      failed = true;
    }
    call.cancel();
  }

  /** Ends the call for its caller; for the feature it is as if the caller had gone. */
  private void fail(Throwable failure) {
    synchronized (this) {
      failed = true;
    }
    responses.fail(failure);
    call.cancel();
  }
}
