// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.quoin.client.LockOptions;
import dev.quoin.client.Quoin;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server jar is built before these tests by every phase from {@code package} on. */
class QuoinTestServerTest {
  private static final Path JAR = Path.of(System.getProperty("quoin.jar"));
  private static final Duration LEASE = Duration.ofSeconds(30);

  @Test
  void clientsOfOneServerDoNotSeeEachOther() {
    assumeThat(JAR).exists();
    try (QuoinTestServer server = QuoinTestServer.start();
        Quoin one = server.connect();
        Quoin other = server.connect()) {
      assertThat(one.locks().acquire("report", LockOptions.lease(LEASE))).isPresent();
      assertThat(one.locks().tryAcquire("report", LEASE)).isEmpty();
      assertThat(other.locks().tryAcquire("report", LEASE)).isPresent();
    }
  }

  @Test
  void whatKeepsTheServerFromStartingIsTold() {
    assumeThat(JAR).exists();
    assertThatThrownBy(() -> QuoinTestServer.start(JAR, "--threads", "many"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("threads");
  }

  @Test
  void aJarThatIsNotThereIsNamed(@TempDir Path folder) {
    Path jar = folder.resolve("quoin.jar");
    assertThat(Files.exists(jar)).isFalse();
    assertThatThrownBy(() -> QuoinTestServer.start(jar)).hasMessageContaining(jar.toString());
  }
}
