// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedRedisTest {
  private static final AcquireRequest LONG_LOCK =
      AcquireRequest.newBuilder().setName("a").setLease(Durations.fromSeconds(600)).build();

  private static final int KILLS = 6;

  @TempDir Path data;

  @Test
  void dataSurvivesAnOrderlyRestart() {
    AcquireResponse held;
    try (TestServer server = TestServer.start("data", data.toString())) {
      held = server.locks().acquire(LONG_LOCK);
    }
    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(fence(server)).isEqualTo(held.getFence());
    }
  }

  @Test
  void dataSurvivesTheKillingOfTheServer() {
    AcquireResponse held;
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      held = server.locks().acquire(LONG_LOCK);
      server.kill();
    }
    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(fence(server)).isEqualTo(held.getFence());
    }
  }

  @Test
  void redisOfAKilledServerEndsByItself() throws Exception {
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      long pid = Long.parseLong(Files.readString(data.resolve("redis.pid")).trim());
      ProcessHandle redis = ProcessHandle.of(pid).orElseThrow();
      assertThat(redis.isAlive()).isTrue();

      server.kill();

      Eventually.until("Redis ends", () -> !redis.isAlive());
    }
  }

  @Test
  void dataFolderHasOneUserAtATime() {
    try (TestServer first = TestServer.start("data", data.toString())) {
      assertThat(first.server().embedded()).isPresent();
      assertThatThrownBy(() -> TestServer.start("data", data.toString()))
          .hasMessageContaining("data")
          .hasMessageContaining("another Quoin server uses this folder");
    }
  }

  /** Anybody on the machine can connect to its port, and nobody else can do anything there. */
  @Test
  void redisKnowsNobodyWithoutThePassword() throws Exception {
    try (TestServer server = TestServer.start("data", data.toString())) {
      server.locks().acquire(LONG_LOCK);
      Path configuration = data.resolve("redis.conf");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(configuration)))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(data)))
          .isEqualTo("rwx------");
      int port = Integer.parseInt(setting(configuration, "port "));
      String password = setting(configuration, "requirepass ");

      assertThat(answers(port, "GET a", "AUTH wrong", "AUTH default ''", "CONFIG GET requirepass"))
          .allMatch(line -> line.startsWith("-NOAUTH") || line.startsWith("-WRONGPASS"));
      // As an operator gets in, who can read the file.
      assertThat(answers(port, "AUTH " + password, "DBSIZE")).first().isEqualTo("+OK");
      long pid = server.server().embedded().orElseThrow().pid();
      assertThat(Files.readString(Path.of("/proc/" + pid + "/cmdline"))).doesNotContain(password);
      assertThat(Files.readString(Path.of("/proc/" + pid + "/environ"))).doesNotContain(password);
    }
  }

  private static String setting(Path configuration, String name) throws IOException {
    return Files.readAllLines(configuration).stream()
        .filter(line -> line.startsWith(name))
        .map(line -> line.substring(name.length()))
        .findFirst()
        .orElseThrow();
  }

  private static List<String> answers(int port, String... commands) throws IOException {
    List<String> answers = new ArrayList<>();
    try (Socket socket = new Socket("127.0.0.1", port)) {
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      for (String command : commands) {
        socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.UTF_8));
        answers.add(in.readLine());
      }
    }
    return answers;
  }

  @Test
  void killedRedisIsStartedAgainAndHasItsData() {
    try (TestServer server = TestServer.start("data", data.toString())) {
      AcquireResponse held = server.locks().acquire(LONG_LOCK);
      long pid = server.server().embedded().orElseThrow().pid();

      ProcessHandle.of(pid).orElseThrow().destroyForcibly();

      Eventually.until(
          Duration.ofSeconds(10),
          "locks are served again",
          () -> {
            try {
              return server.server().embedded().orElseThrow().pid() != pid
                  && fence(server) == held.getFence();
            } catch (StatusRuntimeException e) {
              return false;
            }
          });
    }
  }

  @Test
  void redisOfAnotherFolderIsLeftAloneWhateverItsProcessIdIs(@TempDir Path other) throws Exception {
    try (TestServer neighbour = TestServer.start("data", other.toString())) {
      long pid = neighbour.server().embedded().orElseThrow().pid();
      Files.writeString(data.resolve("redis.pid"), pid + "\n");

      try (TestServer server = TestServer.start("data", data.toString())) {
        assertThat(server.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
        assertThat(neighbour.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
        assertThat(neighbour.server().embedded().orElseThrow().pid()).isEqualTo(pid);
      }
    }
  }

  @Test
  void serverStartsAlthoughItsRedisIsKilledMeanwhile() throws Exception {
    FutureTask<Void> kills = new FutureTask<>(this::killRedisSomeTimes, null);
    new Thread(kills, "kills").start();
    try (TestServer server = TestServer.start("data", data.toString())) {
      kills.get(20, TimeUnit.SECONDS);
      Eventually.until(Duration.ofSeconds(10), "locks are served", () -> canAcquire(server));
    }
  }

  @Test
  void nobodyElseReadsTheData() throws Exception {
    Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwxrwxrwx"));
    Path old = Files.writeString(data.resolve("old.aof"), "x");
    Files.setPosixFilePermissions(old, PosixFilePermissions.fromString("rw-rw-rw-"));
    try (TestServer server = TestServer.start("data", data.toString())) {
      server.locks().acquire(LONG_LOCK);
      List<Path> all;
      try (Stream<Path> found = Files.walk(data)) {
        all = found.toList();
      }
      assertThat(all).hasSizeGreaterThan(5);
      for (Path path : all) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
            .as(path.toString())
            .matches("rw.------");
      }
    }
  }

  @Test
  void plantedProgramIsNotRun(@TempDir Path elsewhere) throws Exception {
    String name = RedisProgram.unpack(elsewhere).getFileName().toString();
    Path planted = data.resolve(name);
    Files.writeString(planted, "#!/bin/sh\ntouch " + elsewhere.resolve("was-run") + "\n");
    Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwxr-xr-x"));

    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(server.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
    }
    assertThat(elsewhere.resolve("was-run")).doesNotExist();
  }

  @Test
  void emptyFileOfTheProcessIdIsNoHindrance() throws Exception {
    Files.createFile(data.resolve("redis.pid"));
    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(server.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
    }
  }

  @Test
  void folderMayHaveAnyName() {
    Path odd = data.resolve("it's a \"data\" folder\\ of $HOME #1");
    for (int start = 0; start < 2; start++) {
      try (TestServer server = TestServer.start("data", odd.toString())) {
        assertThat(server.locks().acquire(LONG_LOCK).getAcquired()).isEqualTo(start == 0);
      }
    }
  }

  @Test
  void dataWhoseEndIsDamagedAreReadUpToThere() throws Exception {
    AcquireResponse held;
    try (TestServer server = TestServer.start("data", data.toString())) {
      held = server.locks().acquire(LONG_LOCK);
    }
    Files.writeString(increment(), "*3\r\n$3\r\nSET\r\n$1\r\n", StandardOpenOption.APPEND);

    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(fence(server)).isEqualTo(held.getFence());
    }
  }

  @Test
  void brokenDataStopTheStartWithTheReason() throws Exception {
    try (TestServer server = TestServer.start("data", data.toString())) {
      server.locks().acquire(LONG_LOCK);
    }
    String whole = Files.readString(increment(), StandardCharsets.ISO_8859_1);
    Files.writeString(increment(), "broken" + whole, StandardCharsets.ISO_8859_1);

    try (ServerProcess server = ServerProcess.launch(Map.of(), "--data", data.toString())) {
      assertThat(server.exitCode()).isEqualTo(2);
      assertThat(server.output().lines())
          .singleElement()
          .asString()
          .startsWith("quoin: data: cannot run Redis in " + data)
          .contains("Bad file format reading the append only file")
          .contains(data.resolve("redis.log").toString());
    }
  }

  @Test
  void programThatIsNoRedisStopsTheStart() {
    assertThatThrownBy(
            () -> TestServer.start("data", data.toString(), "redis-program", "/bin/false"))
        .hasMessageContaining("/bin/false is no redis-server or valkey-server");
  }

  @Test
  void programsOnThePathAreFoundAndNamedByTheirVersion(@TempDir Path bin) throws Exception {
    Path script =
        Files.writeString(
            bin.resolve("valkey-server"), "#!/bin/sh\necho Valkey server v=9.1.2 x\n");
    assertThat(RedisProgram.onPath("relative:" + bin)).isEmpty();
    Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));

    assertThat(RedisProgram.onPath("relative:" + bin)).containsExactly(script);
    RedisProgram found = RedisProgram.find(script.toString(), data);
    assertThat(found.version()).isEqualTo("Valkey 9.1.2");
    assertThat(found.isCarried()).isFalse();
    assertThat(RedisProgram.isNewer("Redis 7.0.15")).isFalse();
    assertThat(RedisProgram.isNewer("Redis 7.2.11")).isTrue();
    assertThat(RedisProgram.isNewer("")).isFalse();
  }

  /** Control-C in a terminal goes to all processes of the group. */
  @Test
  void controlCEndsWithoutAWarning() throws Exception {
    try (ServerProcess server = ServerProcess.startInGroup("--data", data.toString())) {
      server.locks().acquire(LONG_LOCK);

      server.interruptGroup();

      assertThat(server.exitCode()).isZero();
      assertThat(server.output()).contains("stopped").doesNotContainIgnoringCase("warn");
    }
  }

  /** The part of the append-only file that is written to. */
  private Path increment() throws IOException {
    try (Stream<Path> files = Files.list(data.resolve("appendonlydir"))) {
      return files.filter(file -> file.toString().endsWith(".incr.aof")).findFirst().orElseThrow();
    }
  }

  private static boolean canAcquire(TestServer server) {
    try {
      server.locks().acquire(LONG_LOCK);
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Each Redis that comes up a little later in its life than the one before. */
  private void killRedisSomeTimes() {
    long killed = 0;
    for (int i = 0; i < KILLS; i++) {
      long before = killed;
      Eventually.until("another Redis is there", () -> pid() > 0 && pid() != before);
      killed = pid();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20L * i));
      ProcessHandle.of(killed).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private long pid() {
    try {
      return Long.parseLong(Files.readString(data.resolve("redis.pid")).trim());
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static long fence(TestServer server) {
    return server.locks().get(GetRequest.newBuilder().setName("a").build()).getFence();
  }
}
