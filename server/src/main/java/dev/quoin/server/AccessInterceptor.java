// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Access;
import dev.quoin.server.access.Attempt;
import dev.quoin.server.access.Caller;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.rpc.DeferredListener;
import io.grpc.BindableService;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.CompletableFuture;

/** Asks whether calls of gRPC's own services may begin. Those of Quoin ask by themselves. */
final class AccessInterceptor implements ServerInterceptor {
  private final Access access;

  AccessInterceptor(Access access) {
    this.access = access;
  }

  ServerServiceDefinition over(BindableService service) {
    return ServerInterceptors.intercept(service, this);
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    Attempt attempt =
        access.attempt(
            access.method(call.getMethodDescriptor().getFullMethodName()),
            "",
            headers,
            call.getAttributes());
    CompletableFuture<Caller> admitted = access.admit(attempt);
    if (admitted.isDone()) {
      return begin(attempt, admitted, call, headers, next);
    }
    DeferredListener<Q> deferred = new DeferredListener<>(() -> {});
    admitted.whenComplete(
        (caller, refusal) -> deferred.become(() -> begin(attempt, admitted, call, headers, next)));
    return deferred;
  }

  private <Q, R> ServerCall.Listener<Q> begin(
      Attempt attempt,
      CompletableFuture<Caller> admitted,
      ServerCall<Q, R> call,
      Metadata headers,
      ServerCallHandler<Q, R> next) {
    Closable<Q, R> closable = new Closable<>(call);
    Caller caller;
    try {
      caller = admitted.getNow(null);
    } catch (RuntimeException failure) {
      refuse(attempt, closable, failure);
      return new ServerCall.Listener<>() {};
    }
    ServerCall.Listener<Q> listener = next.startCall(closable, headers);
    if (call.getMethodDescriptor().getType() == MethodType.UNARY) {
      return listener;
    }
    Runnable forget =
        access.whileOpen(attempt, caller, refusal -> refuse(attempt, closable, refusal));
    return new SimpleForwardingServerCallListener<>(listener) {
      @Override
      public void onCancel() {
        forget.run();
        super.onCancel();
      }

      @Override
      public void onComplete() {
        forget.run();
        super.onComplete();
      }
    };
  }

  private void refuse(Attempt attempt, ServerCall<?, ?> call, RuntimeException failure) {
    RuntimeException refusal = ErrorMapper.refusal(failure);
    if (refusal instanceof ApiException denied) {
      access.refused(attempt, denied);
    }
    StatusRuntimeException status = ErrorMapper.status(refusal, "");
    call.close(status.getStatus(), status.getTrailers());
  }

  /** A call that may be closed from any thread, whatever its service goes on to send. */
  private static final class Closable<Q, R> extends SimpleForwardingServerCall<Q, R> {
    private boolean closed;

    Closable(ServerCall<Q, R> call) {
      super(call);
    }

    @Override
    public synchronized void sendHeaders(Metadata headers) {
      if (!closed) {
        super.sendHeaders(headers);
      }
    }

    @Override
    public synchronized void sendMessage(R message) {
      if (!closed) {
        super.sendMessage(message);
      }
    }

    @Override
    public synchronized void close(Status status, Metadata trailers) {
      if (!closed) {
        closed = true;
        super.close(status, trailers);
      }
    }
  }
}
