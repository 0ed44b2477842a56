// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.quoin.client.InvalidRequestException.FieldViolation;
import dev.quoin.errors.v1.ErrorReason;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

/** What the status of a failed call says. The only place where a status becomes an exception. */
record Failure(
    Status.Code code,
    String text,
    ErrorReason reason,
    Map<String, String> metadata,
    Optional<Duration> retryAfter,
    Optional<String> requestId,
    List<FieldViolation> violations,
    Throwable cause) {
  private static final String DOMAIN = "quoin.dev";
  private static final String PREFIX = "ERROR_REASON_";
  private static final Metadata.Key<String> REQUEST_ID =
      Metadata.Key.of("quoin-request-id", Metadata.ASCII_STRING_MARSHALLER);

  static QuoinException exception(Throwable thrown) {
    Throwable cause = unwrap(thrown);
    return cause instanceof QuoinException known ? known : of(cause).exception();
  }

  /** A failure on this side of the wire. */
  static QuoinException local(Status.Code code, String text, Throwable cause) {
    return exception(code.toStatus().withDescription(text).withCause(cause).asRuntimeException());
  }

  /** What a server says of a request with a field that breaks a rule. */
  static StatusRuntimeException invalid(String field, String description) {
    BadRequest.Builder bad = BadRequest.newBuilder();
    bad.addFieldViolationsBuilder().setField(field).setDescription(description);
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Status.Code.INVALID_ARGUMENT.value())
            .setMessage(field + ": " + description)
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder().setReason("INVALID_REQUEST").setDomain(DOMAIN).build()))
            .addDetails(Any.pack(bad.build()))
            .build());
  }

  /** How calls end because the client was closed. */
  static Status closed() {
    return Status.CANCELLED.withDescription("the client is closed").withCause(new IsClosed());
  }

  /** The client was closed. */
  static QuoinException closedException() {
    return exception(closed().asRuntimeException());
  }

  /** Marks the status of calls that ended with the client. */
  private static final class IsClosed extends RuntimeException {
    private static final long serialVersionUID = 1;

    IsClosed() {
      super("the client is closed", null, false, false);
    }
  }

  static Throwable unwrap(Throwable thrown) {
    Throwable cause = thrown;
    while ((cause instanceof CompletionException || cause instanceof ExecutionException)
        && cause.getCause() != null) {
      cause = cause.getCause();
    }
    return cause;
  }

  private QuoinException exception() {
    if (cause != null && cause.getCause() instanceof IsClosed) {
      return new ClosedException(this);
    }
    return switch (reason) {
      case ERROR_REASON_INVALID_REQUEST -> new InvalidRequestException(this);
      case ERROR_REASON_LOCK_NOT_HELD,
          ERROR_REASON_LOCK_REVOKED,
          ERROR_REASON_SEMAPHORE_NOT_HELD,
          ERROR_REASON_SEMAPHORE_REVOKED ->
          new NotHeldException(this);
      default ->
          code == Status.Code.UNAVAILABLE
              ? new UnavailableException(this)
              : new QuoinException(this);
    };
  }

  private static Failure of(Throwable thrown) {
    Status status = Status.fromThrowable(thrown);
    com.google.rpc.Status sent = StatusProto.fromThrowable(thrown);
    List<Any> details = sent == null ? List.of() : sent.getDetailsList();
    Optional<ErrorInfo> info =
        detail(details, ErrorInfo.class).filter(i -> i.getDomain().equals(DOMAIN));
    return new Failure(
        status.getCode(),
        status.getDescription() == null ? status.getCode().name() : status.getDescription(),
        info.map(i -> reason(i.getReason())).orElse(ErrorReason.ERROR_REASON_UNSPECIFIED),
        info.map(i -> Map.copyOf(i.getMetadataMap())).orElse(Map.of()),
        detail(details, RetryInfo.class).map(r -> Times.duration(r.getRetryDelay())),
        detail(details, RequestInfo.class)
            .map(RequestInfo::getRequestId)
            .or(() -> trailer(Status.trailersFromThrowable(thrown))),
        detail(details, BadRequest.class).map(Failure::violations).orElse(List.of()),
        thrown);
  }

  private static ErrorReason reason(String name) {
    return Arrays.stream(ErrorReason.values())
        .filter(r -> r.name().equals(PREFIX + name))
        .findFirst()
        .orElse(ErrorReason.UNRECOGNIZED);
  }

  private static Optional<String> trailer(Metadata trailers) {
    return Optional.ofNullable(trailers).map(t -> t.get(REQUEST_ID));
  }

  private static List<FieldViolation> violations(BadRequest request) {
    return request.getFieldViolationsList().stream()
        .map(v -> new FieldViolation(v.getField(), v.getDescription()))
        .toList();
  }

  private static <T extends Message> Optional<T> detail(List<Any> details, Class<T> type) {
    for (Any detail : details) {
      if (detail.is(type)) {
        try {
          return Optional.of(detail.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
