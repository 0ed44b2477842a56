// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.errors.ApiException;
import io.grpc.ServerCall;

/** A call with one request and a stream of responses. */
final class StreamingCall<Q extends Message, R> extends OneRequestCall<Q, R> {
  private final Rpc.Streaming<Q, R> handler;
  private final CallResponseStream<R> responses;

  StreamingCall(
      Call call, ServerCall<Object, R> server, CallSupport support, Rpc.Streaming<Q, R> handler) {
    super(call, server, support);
    this.handler = handler;
    this.responses = new CallResponseStream<>(server, unread, this::refuse, call::cancel);
  }

  @Override
  void serve(Q request) {
    handler.open(request, call, responses);
  }

  @Override
  void fail(Throwable failure) {
    responses.fail(failure);
  }

  @Override
  public void deny(ApiException refusal) {
    responses.fail(refusal);
    call.cancel();
  }

  @Override
  public void onCancel() {
    responses.end();
    super.onCancel();
  }

  @Override
  public void onReady() {
    super.onReady();
    responses.ready();
  }
}
