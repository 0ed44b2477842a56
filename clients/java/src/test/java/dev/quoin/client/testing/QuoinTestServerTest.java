// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.quoin.client.LockOptions;
import dev.quoin.client.Quoin;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
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
  void aServerEndsWithItsParentHoweverThatEnds() throws Exception {
    assumeThat(JAR).exists();
    Process parent =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                AbandonedServer.class.getName(),
                JAR.toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader output = parent.inputReader()) {
      Path folder = Path.of(output.readLine());
      assertThat(folder).isDirectory();
      List<ProcessHandle> processes = parent.descendants().toList();
      // A shell, its guard, the server and Redis.
      assertThat(processes).hasSizeGreaterThanOrEqualTo(4);

      parent.destroyForcibly();

      for (ProcessHandle process : processes) {
        process.onExit().get(30, TimeUnit.SECONDS);
      }
      assertThat(folder).doesNotExist();
    } finally {
      parent.destroyForcibly();
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
