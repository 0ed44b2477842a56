// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/**
 * How a call was refused.
 *
 * @param code gRPC status code
 * @param status the status with its details
 */
public record Refused(Code code, Status status) {

  /** The refusal of a call; fails when the call succeeds. */
  public static Refused by(ThrowingCallable call) {
    StatusRuntimeException failure = catchThrowableOfType(StatusRuntimeException.class, call);
    if (failure == null) {
      throw new AssertionError("the call was not refused");
    }
    return of(failure);
  }

  public static Refused of(Throwable failure) {
    return new Refused(
        io.grpc.Status.fromThrowable(failure).getCode(), StatusProto.fromThrowable(failure));
  }

  /** The reason, or "" when the status carries none. */
  public String reason() {
    return detail(ErrorInfo.class).map(ErrorInfo::getReason).orElse("");
  }

  /** Paths of the fields that are wrong. */
  public List<String> fields() {
    return detail(BadRequest.class)
        .map(bad -> bad.getFieldViolationsList().stream().map(v -> v.getField()).toList())
        .orElse(List.of());
  }

  public <T extends Message> Optional<T> detail(Class<T> type) {
    for (Any detail : status.getDetailsList()) {
      if (detail.is(type)) {
        try {
          return Optional.of(detail.unpack(type));
        } catch (InvalidProtocolBufferException e) {
          throw new AssertionError(e);
        }
      }
    }
    return Optional.empty();
  }
}
