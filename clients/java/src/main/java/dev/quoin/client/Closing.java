// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.ForwardingClientCallListener.SimpleForwardingClientCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/**
 * Tells calls that end with their client from those that no server could be reached for: gRPC says
 * UNAVAILABLE or CANCELLED to all of them.
 */
final class Closing implements ClientInterceptor {
  private volatile boolean closed;

  /** From now on calls that fail do so because the client is closed. */
  void close() {
    closed = true;
  }

  private static boolean isCutOff(Status status) {
    return status.getCode() == Status.Code.UNAVAILABLE || status.getCode() == Status.Code.CANCELLED;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                super.onClose(closed && isCutOff(status) ? Failure.closed() : status, trailers);
              }
            },
            headers);
      }
    };
  }
}
