// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.testing.Refused;
import io.grpc.Metadata;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ErrorMapperTest {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  @Test
  void ofManyViolationsTheFirstTenAreToldAndHowManyMoreThereAre() {
    StatusRuntimeException status = ErrorMapper.status(violations(57, "must be a name"), "id");

    Refused refused = Refused.of(status);
    assertThat(refused.fields()).hasSize(10).first().isEqualTo("items[0].task_id");
    assertThat(refused.status().getMessage())
        .startsWith("items[0].task_id: must be a name; ")
        .endsWith("; and 47 more");
    assertFits(status);
  }

  @Test
  void violationsThatAreTooLongTogetherAreFewer() {
    StatusRuntimeException status = ErrorMapper.status(violations(12, "é".repeat(200)), "id");

    Refused refused = Refused.of(status);
    assertThat(refused.fields()).isNotEmpty().hasSizeLessThan(10);
    assertThat(refused.status().getMessage()).startsWith("items[0].task_id: é");
    assertFits(status);
  }

  @Test
  void oneViolationOfAnySizeFits() {
    String huge = "\u0001é".repeat(100_000);
    InvalidRequest invalid = InvalidRequest.of(huge, huge).with("written", "3");
    StatusRuntimeException status = ErrorMapper.status(invalid.with("name", huge), "id");

    assertThat(Refused.of(status).fields()).hasSize(1);
    assertThat(Refused.of(status).detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("written", "3");
    assertFits(status);
  }

  @Test
  void textAndMetadataOfARefusalAreCut() {
    String name = "ü".repeat(256);
    String huge = "x".repeat(100_000);
    ApiException refusal =
        new ApiException(ErrorReason.ERROR_REASON_LOCK_REVOKED, "%".repeat(5000))
            .about("lock", Map.of("name", name, "other", huge));

    StatusRuntimeException status = ErrorMapper.status(refusal, "id");

    Map<String, String> metadata =
        Refused.of(status).detail(ErrorInfo.class).orElseThrow().getMetadataMap();
    assertThat(metadata).containsEntry("name", name);
    assertThat(metadata.get("other")).endsWith("x…");
    assertThat(status.getStatus().getDescription()).endsWith("%…");
    assertFits(status);
  }

  private static InvalidRequest violations(int count, String description) {
    BadRequest.Builder broken = BadRequest.newBuilder();
    for (int i = 0; i < count; i++) {
      broken
          .addFieldViolationsBuilder()
          .setField("items[" + i + "].task_id")
          .setReason("string.min_bytes")
          .setDescription(description);
    }
    return new InvalidRequest(broken.build());
  }

  /** As the trailers have it: the text percent-encoded, the details in Base64. */
  private static void assertFits(StatusRuntimeException status) {
    int text = 0;
    for (byte b : status.getStatus().getDescription().getBytes(StandardCharsets.UTF_8)) {
      text += b < ' ' || b > '~' || b == '%' ? 3 : 1;
    }
    int details = (status.getTrailers().get(DETAILS).length + 2) / 3 * 4;
    assertThat(text + details).isLessThanOrEqualTo(4096);
  }
}
