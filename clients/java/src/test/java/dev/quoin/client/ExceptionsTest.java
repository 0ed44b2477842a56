// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.quoin.client.InvalidRequestException.FieldViolation;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.RenewRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ExceptionsTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());

  @AfterEach
  void closeClient() {
    quoin.close();
  }

  @Test
  void anInvalidRequestNamesTheFields() {
    InvalidRequestException failure =
        catchThrowableOfType(
            InvalidRequestException.class,
            () -> quoin.locks().tryAcquire("", Duration.ofHours(25)));

    assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_INVALID_REQUEST);
    assertThat(failure.code()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(failure.violations())
        .extracting(FieldViolation::field)
        .containsExactlyInAnyOrder("name", "lease");
    assertThat(failure.requestId()).isPresent();
  }

  @Test
  void aNamespaceThatIsNotAllowedIsAnInvalidRequest() {
    try (Quoin other = SERVER.client("No Namespace")) {
      InvalidRequestException failure =
          catchThrowableOfType(
              InvalidRequestException.class, () -> other.locks().get(r -> r.setName("report")));

      assertThat(failure.violations())
          .extracting(FieldViolation::field)
          .containsExactly("quoin-namespace");
    }
  }

  @Test
  void futuresFailWithTheSameException() {
    CompletionException failure =
        catchThrowableOfType(
            CompletionException.class, () -> quoin.locks().getAsync(r -> {}).join());

    assertThat(failure).hasCauseInstanceOf(InvalidRequestException.class);
  }

  @Test
  void failuresOfRawCallsAreExplainedToo() {
    LocksGrpc.LocksBlockingStub stub = LocksGrpc.newBlockingStub(quoin.channel());
    StatusRuntimeException failure =
        catchThrowableOfType(
            StatusRuntimeException.class,
            () -> stub.renew(RenewRequest.newBuilder().setName("report").setToken("no").build()));

    QuoinException explained = QuoinException.from(failure);

    assertThat(explained).isInstanceOf(NotHeldException.class).hasCause(failure);
    assertThat(explained.reason()).isEqualTo(ErrorReason.ERROR_REASON_LOCK_NOT_HELD);
    assertThat(explained.code()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(explained.retryAfter()).isEmpty();
  }

  @Test
  void aServerThatCannotBeReachedIsUnavailable() throws IOException {
    int freePort;
    try (ServerSocket socket = new ServerSocket(0)) {
      freePort = socket.getLocalPort();
    }
    try (Quoin nowhere = Quoin.connect("localhost:" + freePort)) {
      UnavailableException failure =
          catchThrowableOfType(
              UnavailableException.class, () -> nowhere.locks().get(r -> r.setName("report")));

      assertThat(failure.code()).isEqualTo(Status.Code.UNAVAILABLE);
      assertThat(failure.reason()).isEqualTo(ErrorReason.ERROR_REASON_UNSPECIFIED);
    }
  }
}
