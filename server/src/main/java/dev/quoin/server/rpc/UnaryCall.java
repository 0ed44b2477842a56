// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.errors.ApiException;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;

/** A call with one request and one response. */
final class UnaryCall<Q extends Message, R> extends OneRequestCall<Q, R> {
  private final BiFunction<Q, Call, CompletionStage<R>> handler;

  /** Whether its caller has been told what became of it, or somebody is about to. */
  private final AtomicBoolean answered = new AtomicBoolean();

  UnaryCall(
      Call call,
      ServerCall<Object, R> server,
      CallSupport support,
      BiFunction<Q, Call, CompletionStage<R>> handler) {
    super(call, server, support);
    this.handler = handler;
  }

  @Override
  void serve(Q request) {
    handler
        .apply(request, call)
        .whenComplete(
            (response, failure) -> {
              if (failure != null) {
                fail(failure);
              } else if (answered.compareAndSet(false, true)) {
                answer(response);
              }
            });
  }

  private void answer(R response) {
    try {
      unread.addOnly(response);
    } catch (ApiException e) {
      refuse(e);
      return;
    }
    call.record().end(Status.Code.OK);
    server.sendHeaders(new Metadata());
    server.sendMessage(response);
    server.close(Status.OK, new Metadata());
  }

  @Override
  void fail(Throwable failure) {
    if (answered.compareAndSet(false, true)) {
      refuse(failure);
    }
  }

  /** There is nothing to hand over: it ends, or it does not. */
  @Override
  public boolean leave() {
    return false;
  }

  @Override
  public void deny(ApiException refusal) {
    fail(refusal);
    call.cancel();
  }
}
