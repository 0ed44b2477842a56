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

/** Records how long calls take, as their callers see it. */
final class ClientTimes implements ClientInterceptor {
  private static final String KIND = "rpc.client";

  private final StatsRecorder recorder;

  ClientTimes(StatsRecorder recorder) {
    this.recorder = recorder;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    return new SimpleForwardingClientCall<>(next.newCall(method, options)) {
      @Override
      public void start(Listener<R> listener, Metadata headers) {
        long begin = System.nanoTime();
        super.start(
            new SimpleForwardingClientCallListener<>(listener) {
              @Override
              public void onClose(Status status, Metadata trailers) {
                RpcTimes.record(recorder, KIND, method, status, begin);
                super.onClose(status, trailers);
              }
            },
            headers);
      }
    };
  }
}
