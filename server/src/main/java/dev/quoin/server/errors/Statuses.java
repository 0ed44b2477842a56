// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.quoin.errors.v1.ErrorDetails;
import dev.quoin.errors.v1.ErrorReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.concurrent.CompletionException;

/** What a caller is told about a failure. The only place where a failure becomes a gRPC status. */
public final class Statuses {
  private static final String DOMAIN = "quoin.dev";
  private static final Duration RETRY_DELAY = Duration.newBuilder().setNanos(200_000_000).build();

  private Statuses() {}

  /** The refusal behind a failure; anything unexpected becomes INTERNAL without details. */
  public static RuntimeException refusal(Throwable failure) {
    Throwable cause = unwrap(failure);
    if (cause instanceof Refusal || cause instanceof InvalidRequest) {
      return (RuntimeException) cause;
    }
    return new Refusal(
        ErrorReason.ERROR_REASON_INTERNAL,
        "internal error; the server's log has it under the request id",
        java.util.Map.of(),
        cause);
  }

  /** Whether a failure means that Redis is away, and so passes. */
  public static boolean isStoreAway(Throwable failure) {
    return refusal(failure) instanceof Refusal refusal
        && refusal.reason() == ErrorReason.ERROR_REASON_STORE_UNAVAILABLE;
  }

  /** The status, with details, that answers a call. */
  public static StatusRuntimeException status(RuntimeException refusal, String requestId) {
    ErrorDetails details = details(refusal, requestId);
    ErrorReason reason = reason(refusal);
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(Reasons.code(reason).getNumber())
            .setMessage(refusal.getMessage())
            .addDetails(Any.pack(details.getErrorInfo()));
    if (details.hasBadRequest()) {
      status.addDetails(Any.pack(details.getBadRequest()));
    }
    if (details.hasRetryInfo()) {
      status.addDetails(Any.pack(details.getRetryInfo()));
    }
    if (details.hasRequestInfo()) {
      status.addDetails(Any.pack(details.getRequestInfo()));
    }
    return StatusProto.toStatusRuntimeException(status.build());
  }

  /** The details that go with a refusal. */
  public static ErrorDetails details(RuntimeException refusal, String requestId) {
    ErrorReason reason = reason(refusal);
    Code code = Reasons.code(reason);
    ErrorInfo.Builder info =
        ErrorInfo.newBuilder().setReason(Reasons.name(reason)).setDomain(DOMAIN);
    ErrorDetails.Builder details = ErrorDetails.newBuilder();
    if (refusal instanceof InvalidRequest invalid) {
      details.setBadRequest(invalid.violations());
      info.putAllMetadata(invalid.metadata());
    } else if (refusal instanceof Refusal known) {
      info.putAllMetadata(known.metadata());
    }
    if (code == Code.UNAVAILABLE) {
      details.setRetryInfo(RetryInfo.newBuilder().setRetryDelay(RETRY_DELAY));
    }
    if (code == Code.UNAVAILABLE || code == Code.INTERNAL) {
      details.setRequestInfo(RequestInfo.newBuilder().setRequestId(requestId));
    }
    return details.setErrorInfo(info).build();
  }

  private static ErrorReason reason(RuntimeException refusal) {
    return refusal instanceof Refusal known
        ? known.reason()
        : ErrorReason.ERROR_REASON_INVALID_REQUEST;
  }

  private static Throwable unwrap(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }
}
