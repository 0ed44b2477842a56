// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import io.grpc.ServerCall;

/** A call with one request and a stream of responses. */
final class StreamingCall<Q extends Message, R> extends OneRequestCall<Q, R> {
  private final Rpc.Streaming<Q, R> handler;
  private final CallSink<R> sink;

  StreamingCall(
      Call call, ServerCall<Object, R> server, Serving serving, Rpc.Streaming<Q, R> handler) {
    super(call, server, serving);
    this.handler = handler;
    this.sink = new CallSink<>(server, this::refuse);
  }

  @Override
  void serve(Q request) {
    handler.open(request, call, sink);
  }

  @Override
  void fail(Throwable failure) {
    sink.fail(failure);
  }

  @Override
  public void onCancel() {
    sink.end();
    super.onCancel();
  }

  @Override
  public void onReady() {
    sink.ready();
  }
}
