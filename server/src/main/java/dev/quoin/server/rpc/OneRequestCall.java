// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Message;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.ServerCall;

/** A call with exactly one request, served once the caller has said that it sends no more. */
abstract class OneRequestCall<Q extends Message, R> extends AbstractCall<R> {
  private Object request;

  OneRequestCall(Call call, ServerCall<Object, R> server, CallSupport support) {
    super(call, server, support);
  }

  abstract void serve(Q request);

  abstract void fail(Throwable failure);

  /** Ends the call with the status of a failure, which says what the request is about. */
  final void refuse(Throwable failure) {
    close(about(request, failure));
  }

  @Override
  public void onMessage(Object message) {
    request = request == null ? message : InvalidRequest.of("", "more than one request was sent");
  }

  @Override
  public void onHalfClose() {
    if (call.isCancelled()) {
      return;
    }
    try {
      if (request == null) {
        throw InvalidRequest.of("", "no request was sent");
      }
      serve(checked(request));
    } catch (RuntimeException e) {
      fail(e);
    }
  }
}
