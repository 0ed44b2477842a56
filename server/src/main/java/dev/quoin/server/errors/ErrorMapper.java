// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import com.google.protobuf.Any;
import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.quoin.errors.v1.ErrorDetails;
import dev.quoin.errors.v1.ErrorReason;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;

/** What a caller is told about a failure. The only place where a failure becomes a gRPC status. */
public final class ErrorMapper {
  private static final String DOMAIN = "quoin.dev";

  /** What the trailers have to hold: grpc-message, and grpc-status-details-bin in Base64. */
  static final int MOST_BYTES = 4096;

  private static final int TEXT_BYTES = 700;

  /** So much is left beside such a text, which the details repeat, and one violation. */
  private static final int METADATA_BYTES = 1200;

  private static final int SUBJECT_BYTES = 300;
  private static final int ENTRY_BYTES = 8;
  private static final int LEAST_VALUE_BYTES = 16;

  private static final Duration RETRY_DELAY = Duration.newBuilder().setNanos(200_000_000).build();

  private ErrorMapper() {}

  /** The refusal behind a failure; anything unexpected becomes INTERNAL without details. */
  public static RuntimeException refusal(Throwable failure) {
    Throwable cause = unwrap(failure);
    if (cause instanceof ApiException || cause instanceof InvalidRequest) {
      return (RuntimeException) cause;
    }
    return new ApiException(
        ErrorReason.ERROR_REASON_INTERNAL,
        "internal error; the server's log has it under the request id",
        Map.of(),
        cause);
  }

  /** Whether a failure means that Redis is away or has too much to do, and so passes. */
  public static boolean isStoreAway(Throwable failure) {
    return refusal(failure) instanceof ApiException refusal && refusal.isPassing();
  }

  /** Whether a failure means that this server has too much to do. */
  public static boolean isOverloaded(Throwable failure) {
    return reason(refusal(failure)) == ErrorReason.ERROR_REASON_OVERLOADED;
  }

  /** Whether what failed may well succeed when it is tried again a moment later. */
  public static boolean isTemporary(Throwable failure) {
    return switch (Reasons.code(reason(refusal(failure)))) {
      case UNAVAILABLE, RESOURCE_EXHAUSTED, DEADLINE_EXCEEDED -> true;
      default -> false;
    };
  }

  /**
   * The status, with details, that answers a call. Text and details together take at most {@value
   * #MOST_BYTES} bytes of the trailers: clients take 8 KiB of them, and proxies may take less.
   */
  public static StatusRuntimeException status(RuntimeException refusal, String requestId) {
    com.google.rpc.Status status = whole(refusal, requestId);
    if (refusal instanceof InvalidRequest invalid) {
      int shown = invalid.violations().getFieldViolationsCount();
      while (sentBytes(status) > MOST_BYTES && shown > 1) {
        shown--;
        status = whole(invalid.first(shown), requestId);
      }
    }
    return StatusProto.toStatusRuntimeException(status);
  }

  private static com.google.rpc.Status whole(RuntimeException refusal, String requestId) {
    ErrorDetails details = details(refusal, requestId);
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode(Reasons.code(reason(refusal)).getNumber())
            .setMessage(text(refusal))
            .addDetails(Any.pack(details.getErrorInfo()));
    if (details.hasBadRequest()) {
      status.addDetails(Any.pack(details.getBadRequest()));
    }
    if (details.hasRetryInfo()) {
      status.addDetails(Any.pack(details.getRetryInfo()));
    }
    if (details.hasQuotaFailure()) {
      status.addDetails(Any.pack(details.getQuotaFailure()));
    }
    if (details.hasRequestInfo()) {
      status.addDetails(Any.pack(details.getRequestInfo()));
    }
    return status.build();
  }

  /** Several violations are made fewer rather than cut. */
  private static String text(RuntimeException refusal) {
    String text = String.valueOf(refusal.getMessage());
    return refusal instanceof InvalidRequest invalid
            && invalid.violations().getFieldViolationsCount() > 1
        ? text
        : Texts.cutEncoded(text, TEXT_BYTES);
  }

  /** As grpc-message and, in Base64, grpc-status-details-bin. */
  private static int sentBytes(com.google.rpc.Status status) {
    return Texts.encodedSize(status.getMessage()) + (status.getSerializedSize() + 2) / 3 * 4;
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
      info.putAllMetadata(fitting(invalid.metadata()));
    } else if (refusal instanceof ApiException known) {
      info.putAllMetadata(fitting(known.metadata()));
    }
    boolean isPassing = code == Code.UNAVAILABLE;
    if (reason == ErrorReason.ERROR_REASON_QUOTA_EXCEEDED
        && refusal instanceof ApiException exceeded) {
      details.setQuotaFailure(quotaFailure(exceeded));
      // A request that is too large stays too large.
      isPassing = !"request_bytes".equals(exceeded.metadata().get("quota"));
    }
    if (refusal instanceof ApiException known && known.retryMillis() > 0) {
      details.setRetryInfo(
          RetryInfo.newBuilder().setRetryDelay(Durations.fromMillis(known.retryMillis())));
    } else if (isPassing) {
      details.setRetryInfo(RetryInfo.newBuilder().setRetryDelay(RETRY_DELAY));
    }
    if (code == Code.UNAVAILABLE || code == Code.INTERNAL) {
      details.setRequestInfo(RequestInfo.newBuilder().setRequestId(requestId));
    }
    return details.setErrorInfo(info).build();
  }

  private static QuotaFailure quotaFailure(ApiException exceeded) {
    return QuotaFailure.newBuilder()
        .addViolations(
            QuotaFailure.Violation.newBuilder()
                .setSubject(
                    Texts.cut(exceeded.metadata().getOrDefault("subject", ""), SUBJECT_BYTES))
                .setDescription(
                    exceeded.metadata().getOrDefault("quota", "")
                        + ' '
                        + exceeded.metadata().getOrDefault("limit", "")))
        .build();
  }

  /** What fits; values that are long are cut, the short ones stay as they are. */
  private static Map<String, String> fitting(Map<String, String> metadata) {
    Map<String, String> shown = new LinkedHashMap<>();
    int left = METADATA_BYTES;
    List<Map.Entry<String, String>> shortestFirst =
        metadata.entrySet().stream()
            .sorted(Comparator.comparingInt(entry -> Texts.size(entry.getValue())))
            .toList();
    for (Map.Entry<String, String> entry : shortestFirst) {
      int room = left - Texts.size(entry.getKey()) - ENTRY_BYTES;
      if (room < LEAST_VALUE_BYTES) {
        break;
      }
      String value = Texts.cut(entry.getValue(), room);
      shown.put(entry.getKey(), value);
      left = room - Texts.size(value);
    }
    return shown;
  }

  /** The reason that callers are told. */
  public static ErrorReason reason(RuntimeException refusal) {
    return refusal instanceof ApiException known
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
