// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.concurrent.atomic.AtomicBoolean;

/** Records how long calls take, as the server sees it; those that are cancelled as CANCELLED. */
final class ServerTimes implements ServerInterceptor {
  private static final String KIND = "rpc.server";

  private final StatsRecorder recorder;

  ServerTimes(StatsRecorder recorder) {
    this.recorder = recorder;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    long begin = System.nanoTime();
    MethodDescriptor<Q, R> method = call.getMethodDescriptor();
    AtomicBoolean recorded = new AtomicBoolean();
    ServerCall<Q, R> timed =
        new SimpleForwardingServerCall<>(call) {
          @Override
          public void close(Status status, Metadata trailers) {
            if (recorded.compareAndSet(false, true)) {
              RpcTimes.record(recorder, KIND, method, status, begin);
            }
            super.close(status, trailers);
          }
        };
    return new SimpleForwardingServerCallListener<>(next.startCall(timed, headers)) {
      @Override
      public void onCancel() {
        if (recorded.compareAndSet(false, true)) {
          RpcTimes.record(recorder, KIND, method, Status.CANCELLED, begin);
        }
        super.onCancel();
      }
    };
  }
}
