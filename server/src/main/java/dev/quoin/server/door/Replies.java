// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import com.google.rpc.QuotaFailure;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import com.google.rpc.Status;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.HttpData;
import com.linecorp.armeria.common.HttpHeaderNames;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import com.linecorp.armeria.common.ResponseHeaders;
import com.linecorp.armeria.common.ResponseHeadersBuilder;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Reasons;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.ProtoUtils;

/**
 * Refusals as JSON: a google.rpc.Status with its details, and the HTTP status that goes with it.
 */
final class Replies {
  static final JsonFormat.TypeRegistry TYPES =
      JsonFormat.TypeRegistry.newBuilder()
          .add(ErrorInfo.getDescriptor())
          .add(BadRequest.getDescriptor())
          .add(RetryInfo.getDescriptor())
          .add(QuotaFailure.getDescriptor())
          .add(RequestInfo.getDescriptor())
          .build();

  private static final JsonFormat.Printer PRINTER =
      JsonFormat.printer().usingTypeRegistry(TYPES).omittingInsignificantWhitespace();

  /** Who closes the connection while its call is open; known by no standard, but by its number. */
  private static final HttpStatus CLIENT_CLOSED = HttpStatus.valueOf(499);

  private static final Metadata.Key<Status> DETAILS =
      Metadata.Key.of(
          "grpc-status-details-bin", ProtoUtils.metadataMarshaller(Status.getDefaultInstance()));

  private Replies() {}

  /** What a call was refused with. */
  static AggregatedHttpResponse of(StatusRuntimeException refusal) {
    return of(status(refusal.getStatus(), refusal.getTrailers()));
  }

  /** What a call was refused with, as far as its trailers tell. */
  static Status status(io.grpc.Status status, Metadata trailers) {
    Status details = trailers == null ? null : trailers.get(DETAILS);
    return details != null
        ? details
        : Status.newBuilder()
            .setCode(status.getCode().value())
            .setMessage(status.getDescription() == null ? "" : status.getDescription())
            .build();
  }

  /** The HTTP status that goes with a code, as google.rpc.Code says. */
  static HttpStatus httpStatus(Code code) {
    return switch (code) {
      case OK -> HttpStatus.OK;
      case CANCELLED -> CLIENT_CLOSED;
      case INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE -> HttpStatus.BAD_REQUEST;
      case DEADLINE_EXCEEDED -> HttpStatus.GATEWAY_TIMEOUT;
      case NOT_FOUND -> HttpStatus.NOT_FOUND;
      case ALREADY_EXISTS, ABORTED -> HttpStatus.CONFLICT;
      case PERMISSION_DENIED -> HttpStatus.FORBIDDEN;
      case UNAUTHENTICATED -> HttpStatus.UNAUTHORIZED;
      case RESOURCE_EXHAUSTED -> HttpStatus.TOO_MANY_REQUESTS;
      case UNIMPLEMENTED -> HttpStatus.NOT_IMPLEMENTED;
      case UNAVAILABLE -> HttpStatus.SERVICE_UNAVAILABLE;
      default -> HttpStatus.INTERNAL_SERVER_ERROR;
    };
  }

  /** The code of a refusal that HTTP itself makes. */
  static Code code(HttpStatus status) {
    return switch (status.code()) {
      case 401 -> Code.UNAUTHENTICATED;
      case 403 -> Code.PERMISSION_DENIED;
      case 404, 405, 501 -> Code.UNIMPLEMENTED;
      case 408, 503 -> Code.UNAVAILABLE;
      case 413, 414, 429, 431 -> Code.RESOURCE_EXHAUSTED;
      default -> status.isClientError() ? Code.INVALID_ARGUMENT : Code.INTERNAL;
    };
  }

  /** A refusal with the HTTP status of its code. */
  static AggregatedHttpResponse of(Status refusal) {
    return of(
        isLate(refusal)
            ? HttpStatus.REQUEST_TIMEOUT
            : httpStatus(Code.forNumber(refusal.getCode())),
        refusal);
  }

  /** A refusal that has no details. */
  static AggregatedHttpResponse of(HttpStatus status, String message) {
    return of(
        status, Status.newBuilder().setCode(code(status).getNumber()).setMessage(message).build());
  }

  static AggregatedHttpResponse of(HttpStatus status, Status refusal) {
    ResponseHeadersBuilder headers =
        ResponseHeaders.builder(status)
            .contentType(MediaType.JSON_UTF_8)
            .set(HttpHeaderNames.CACHE_CONTROL, "no-store");
    retryAfter(headers, refusal);
    if (status.equals(HttpStatus.UNAUTHORIZED)) {
      headers.set(HttpHeaderNames.WWW_AUTHENTICATE, "Bearer");
    }
    return AggregatedHttpResponse.of(headers.build(), HttpData.ofUtf8(json(refusal)));
  }

  /** HTTP has a status of its own for a request that did not arrive. */
  private static boolean isLate(Status refusal) {
    return refusal.getDetailsCount() > 0
        && refusal.getDetails(0).is(ErrorInfo.class)
        && unpack(refusal.getDetails(0), ErrorInfo.class)
            .getReason()
            .equals(Reasons.name(ErrorReason.ERROR_REASON_REQUEST_INCOMPLETE));
  }

  private static <T extends Message> T unpack(Any detail, Class<T> type) {
    try {
      return detail.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the server made a detail it cannot read", e);
    }
  }

  private static void retryAfter(ResponseHeadersBuilder headers, Status refusal) {
    for (Any detail : refusal.getDetailsList()) {
      if (detail.is(RetryInfo.class)) {
        var delay = unpack(detail, RetryInfo.class).getRetryDelay();
        // HTTP knows whole seconds only.
        headers.setLong(
            HttpHeaderNames.RETRY_AFTER, delay.getSeconds() + (delay.getNanos() > 0 ? 1 : 0));
      }
    }
  }

  private static String json(Status refusal) {
    try {
      return PRINTER.print(refusal);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the server made a detail it cannot print", e);
    }
  }
}
