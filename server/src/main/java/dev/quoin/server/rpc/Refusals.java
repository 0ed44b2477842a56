// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.StatusRuntimeException;

/** Ends calls with what went wrong. */
final class Refusals {
  private Refusals() {}

  /** Ends a call with the status of a failure, and logs it as far as somebody has to know. */
  static void close(ServerCall<?, ?> server, Call call, FailureLog log, Throwable failure) {
    RuntimeException refusal = ErrorMapper.refusal(failure);
    if (call.leaves() && ErrorMapper.reason(refusal) == ErrorReason.ERROR_REASON_SHUTTING_DOWN) {
      refusal =
          new ApiException(
              ErrorReason.ERROR_REASON_SHUTTING_DOWN,
              "the time of the token or certificate is over, call again with a newer one");
    }
    StatusRuntimeException status = ErrorMapper.status(refusal, call.requestId());
    Metadata trailers = status.getTrailers();
    trailers.put(Call.REQUEST_ID, call.requestId());
    log.add(server.getMethodDescriptor().getFullMethodName(), call.requestId(), refusal, status);
    if (refusal instanceof ApiException denied && call.admission() != null) {
      call.admission().refused(denied);
    }
    call.record().refused(status.getStatus().getCode(), ErrorMapper.reason(refusal));
    server.close(status.getStatus(), trailers);
  }
}
