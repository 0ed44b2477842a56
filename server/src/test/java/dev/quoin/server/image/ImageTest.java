// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.RedisContainer;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The container image, used as an operator would. */
@Tag("containers")
final class ImageTest {
  @Test
  void lockIsTakenAndGivenBackAndSigtermEndsWithZero() {
    try (RedisContainer redis = RedisContainer.start("--appendonly", "yes");
        QuoinContainer quoin =
            QuoinContainer.start(
                Map.of("QUOIN_REDIS", redis.uriInside(), "QUOIN_INSECURE", "true"))) {
      assertThat(
              HealthGrpc.newBlockingStub(quoin.channel())
                  .check(HealthCheckRequest.getDefaultInstance())
                  .getStatus())
          .isEqualTo(ServingStatus.SERVING);
      AcquireResponse granted = quoin.locks().acquire(acquire());
      assertThat(granted.getAcquired()).isTrue();
      assertThat(quoin.locks().acquire(acquire()).getAcquired()).isFalse();
      quoin.locks().release(release(granted));
      assertThat(quoin.locks().acquire(acquire()).getAcquired()).isTrue();

      assertThat(quoin.signalled("TERM")).isZero();
      assertThat(quoin.output()).contains("draining").contains("stopped");
    }
  }

  @Test
  void lockOutlivesTheContainerThatGrantedIt() {
    try (RedisContainer redis = RedisContainer.start("--appendonly", "yes")) {
      Map<String, String> settings =
          Map.of("QUOIN_REDIS", redis.uriInside(), "QUOIN_INSECURE", "true");
      AcquireResponse granted;
      try (QuoinContainer first = QuoinContainer.start(settings)) {
        granted = first.locks().acquire(acquire());
        assertThat(first.signalled("KILL")).isEqualTo(137);
      }
      try (QuoinContainer second = QuoinContainer.start(settings)) {
        assertThat(second.locks().acquire(acquire()).getAcquired()).isFalse();
        second.locks().release(release(granted));
        AcquireResponse again = second.locks().acquire(acquire());
        assertThat(again.getAcquired()).isTrue();
        assertThat(again.getFence()).isGreaterThan(granted.getFence());
      }
    }
  }

  @Test
  void itServesOthersWithoutTlsOnlyWhenTold() {
    assertThat(QuoinContainer.outputOfFailedStart(2, Map.of()))
        .contains("tls-certificate")
        .contains("insecure");
  }

  @Test
  void itIsNotRootAndNamesItsPorts() {
    var config = QuoinContainer.image().getConfig();

    assertThat(config.getUser()).isEqualTo("10001:10001");
    assertThat(config.getExposedPorts())
        .extracting(port -> port.getPort())
        .containsExactlyInAnyOrder(7400, 7401, 7402);
  }

  @Test
  void bothDockerfilesEndAlike() throws IOException {
    assertThat(end("scratch/Dockerfile")).hasSizeGreaterThan(80).isEqualTo(end("Dockerfile"));
  }

  /** What follows the files: the environment, the user, the ports, the command. */
  private static String end(String dockerfile) throws IOException {
    String text = Files.readString(Path.of("../deploy").resolve(dockerfile));
    return text.substring(text.indexOf("ENV QUOIN_HOST"));
  }

  private static AcquireRequest acquire() {
    return AcquireRequest.newBuilder()
        .setName("report")
        .setLease(Durations.fromSeconds(600))
        .build();
  }

  private static ReleaseRequest release(AcquireResponse granted) {
    return ReleaseRequest.newBuilder().setName("report").setToken(granted.getToken()).build();
  }
}
