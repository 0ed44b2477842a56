// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import io.grpc.Status.Code;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

/** What is logged, and how much of it. */
final class LogLinesTest {
  @Test
  void nothingInAMessageEndsItsLineOrReachesTheTerminal() {
    LogRecord entry = new LogRecord(Level.WARNING, "a\nb\u001b[31m\u0085c\u2028\u202e {0}");
    entry.setParameters(new Object[] {"\r\n2026 INFO Main: all is well"});
    entry.setLoggerName("dev.quoin.server.X");
    entry.setThrown(new IllegalStateException("first\nsecond"));

    List<String> lines = LogLines.text().format(entry).lines().toList();

    assertThat(lines.get(0))
        .endsWith(
            "WARN  X: a\\nb\\u001b[31m\\u0085c\\u2028\\u202e \\u000d\\n2026 INFO Main: all is well");
    assertThat(lines.get(1)).isEqualTo("java.lang.IllegalStateException: first\\nsecond");
    assertThat(lines.subList(2, lines.size())).allMatch(line -> line.startsWith("    at "));
  }

  @Test
  void loggerThatSaysTooMuchIsHeldBack() {
    LogRateLimiter limiter = new LogRateLimiter();
    int through = 0;
    long begin = System.nanoTime();
    for (int i = 0; i < 10_000; i++) {
      through += limiter.isLoggable(record("io.grpc.Noisy", "no")) ? 1 : 0;
    }
    long seconds = Duration.ofNanos(System.nanoTime() - begin).toSeconds();

    assertThat(through).isBetween(10, 11 + (int) seconds);
    assertThat(limiter.isLoggable(record("io.grpc.Quiet", "yes"))).isTrue();
    Eventually.until(
        "the next line says how many were left out",
        () -> {
          LogRecord next = record("io.grpc.Noisy", "again");
          return limiter.isLoggable(next)
              && next.getMessage().matches("again \\(and \\d{4,} more.*");
        });
  }

  @Test
  void bytesThatAreNoCallFillNoLog() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes");
        ServerProcess server = ServerProcess.start("--redis", redis.uri())) {
      long before = server.output().length();
      for (int i = 0; i < 300; i++) {
        sendGarbage(server.port());
      }
      assertThat(server.output().length() - before).isLessThan(20_000);
    }
  }

  @Test
  void missingRightIsAReasonOfItsOwnAndSaidInFewLines() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes")) {
      redis
          .commands()
          .aclSetuser(
              "quoin",
              AclSetuserArgs.Builder.on()
                  .addPassword("secret")
                  .allKeys()
                  .allChannels()
                  .allCommands());
      String uri = "redis://quoin:secret@127.0.0.1:" + redis.port();
      try (ServerProcess server = ServerProcess.start("--redis", uri)) {
        redis
            .commands()
            .aclSetuser("quoin", AclSetuserArgs.Builder.removeCommand(CommandType.EXISTS));
        for (int i = 0; i < 200; i++) {
          AcquireRequest request = AcquireRequest.newBuilder().setName("a" + i).build();
          Refused refused = Refused.by(() -> server.locks().acquire(request));
          assertThat(refused.reason()).isEqualTo("STORE_NOT_PERMITTED");
          assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
          assertThat(refused.status().getMessage()).contains("Redis does not permit");
        }
        assertThat(server.output().lines().count()).isLessThan(100);
        assertThat(server.output()).contains("STORE_NOT_PERMITTED").doesNotContain("secret");
      }
    }
  }

  private static LogRecord record(String logger, String text) {
    LogRecord entry = new LogRecord(Level.WARNING, text);
    entry.setLoggerName(logger);
    return entry;
  }

  private static void sendGarbage(int port) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("no HTTP at all".getBytes(StandardCharsets.UTF_8));
      socket.shutdownOutput();
      socket.getInputStream().readAllBytes();
    } catch (java.net.SocketException e) {
      // The server has hung up.
    }
  }
}
