// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.linecorp.armeria.common.HttpMethod;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.RequestHeaders;
import com.linecorp.armeria.server.HttpStatusException;
import io.grpc.Metadata;
import io.grpc.Status;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What becomes of headers, and of requests that are none. */
final class HeadersTest {
  /** Each of them has gRPC write a warning and a trace to the log. */
  @Test
  void whatIsAboutTheConnectionIsNotAboutTheCall() {
    Metadata metadata =
        Headers.of(
            RequestHeaders.builder(HttpMethod.POST, "/")
                .add("connection", "upgrade, keep-alive")
                .add("upgrade", "websocket")
                .add("keep-alive", "timeout=5")
                .add("quoin-namespace", "shop")
                .build());

    assertThat(metadata.keys()).isEqualTo(Set.of("quoin-namespace"));
  }

  /** Whoever sends such a thing must not fill the log. */
  @Test
  void aBodyThatBreaksTheRulesOfHttpIsTheFaultOfItsSender() {
    Errors errors = new Errors(1);

    Status refusal = errors.status(HttpStatusException.of(HttpStatus.BAD_REQUEST)).getStatus();
    assertThat(refusal.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(errors.status(HttpStatusException.of(HttpStatus.BAD_GATEWAY)).getStatus().getCode())
        .isEqualTo(Status.Code.INTERNAL);
  }
}
