// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.google.rpc.Status;
import com.linecorp.armeria.common.AggregatedHttpResponse;
import com.linecorp.armeria.common.ClosedSessionException;
import com.linecorp.armeria.common.ContentTooLargeException;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.common.stream.AbortedStreamException;
import com.linecorp.armeria.common.stream.ClosedStreamException;
import com.linecorp.armeria.server.HttpStatusException;
import com.linecorp.armeria.server.ServerErrorHandler;
import com.linecorp.armeria.server.ServiceConfig;
import com.linecorp.armeria.server.ServiceRequestContext;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import io.grpc.StatusRuntimeException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Answers what HTTP itself finds wrong in the form in which calls are refused. */
final class Errors implements ServerErrorHandler {
  private static final Logger LOG = Logger.getLogger(Errors.class.getName());

  private static final String NOTHING_HERE =
      "there is nothing at this path; RPCs are at paths such as /quoin.locks.v1.Locks/Acquire";

  /** What Armeria says of a request that cannot be read. */
  private static final String DECODER = "Decoder failure";

  private final int mostRequestBytes;

  Errors(int mostRequestBytes) {
    this.mostRequestBytes = mostRequestBytes;
  }

  /** What a call is told that fails outside of its service. */
  StatusRuntimeException status(Throwable failure) {
    if (failure instanceof StatusRuntimeException known) {
      return known;
    }
    if (failure instanceof ContentTooLargeException) {
      return ErrorMapper.status(tooLargeRequest(), "");
    }
    if (failure instanceof ClosedStreamException
        || failure instanceof ClosedSessionException
        || failure instanceof AbortedStreamException) {
      return io.grpc.Status.CANCELLED.asRuntimeException();
    }
    if (failure instanceof HttpStatusException http && http.httpStatus().isClientError()) {
      return ErrorMapper.status(InvalidRequest.of("", "the body is not sent as HTTP asks"), "");
    }
    RuntimeException refusal = ErrorMapper.refusal(failure);
    if (ErrorMapper.reason(refusal) == ErrorReason.ERROR_REASON_INTERNAL) {
      LOG.log(Level.WARNING, "a call by HTTP failed outside of its service", failure);
    }
    return ErrorMapper.status(refusal, "");
  }

  @Override
  public HttpResponse onServiceException(ServiceRequestContext http, Throwable cause) {
    return cause instanceof ContentTooLargeException ? tooLarge().toHttpResponse() : null;
  }

  @Override
  public AggregatedHttpResponse renderStatus(
      ServiceRequestContext http,
      ServiceConfig config,
      RequestHeaders headers,
      HttpStatus status,
      String description,
      Throwable cause) {
    if (status.equals(HttpStatus.REQUEST_ENTITY_TOO_LARGE)) {
      return tooLarge();
    }
    if (status.isServerError() && cause != null) {
      LOG.log(Level.WARNING, "a request by HTTP failed", cause);
    }
    return Replies.of(
        status,
        cause instanceof Http1Requests.Malformed ? cause.getMessage() : text(status, description));
  }

  /** What is said at a path that leads nowhere. */
  static AggregatedHttpResponse nothingHere() {
    return Replies.of(HttpStatus.NOT_FOUND, NOTHING_HERE);
  }

  private static String text(HttpStatus status, String description) {
    if (status.equals(HttpStatus.NOT_FOUND)) {
      return NOTHING_HERE;
    }
    if (DECODER.equals(description)) {
      return "the request is not written as HTTP/1.1 asks";
    }
    return status.isServerError() || description == null ? status.reasonPhrase() : description;
  }

  private AggregatedHttpResponse tooLarge() {
    StatusRuntimeException refusal = ErrorMapper.status(tooLargeRequest(), "");
    Status status = Replies.status(refusal.getStatus(), refusal.getTrailers());
    return Replies.of(HttpStatus.REQUEST_ENTITY_TOO_LARGE, status);
  }

  private ApiException tooLargeRequest() {
    return new ApiException(
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "the request is larger than " + mostRequestBytes + " bytes");
  }
}
