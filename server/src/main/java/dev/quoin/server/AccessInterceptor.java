// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Access;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.StatusRuntimeException;

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
    try {
      access.admit(
          access.method(call.getMethodDescriptor().getFullMethodName()),
          "",
          headers,
          call.getAttributes());
    } catch (ApiException refusal) {
      StatusRuntimeException status = ErrorMapper.status(refusal, "");
      call.close(status.getStatus(), status.getTrailers());
      return new ServerCall.Listener<>() {};
    }
    return next.startCall(call, headers);
  }
}
