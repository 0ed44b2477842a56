// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class SyslogTest {
  private static final Path LOGGER = Path.of("/usr/bin/logger");
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private static final String HEADER = "<11>Oct 11 22:14:15 app: ";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static int port;
  private static TestServer server;

  @BeforeAll
  static void listen() {
    port = freePort();
    server = listening(TestRedis.uri(), port);
  }

  @AfterAll
  static void close() {
    server.close();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void datagramsAreWritten() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      for (String text : List.of(HEADER + "disk full", "<12>1 - web app 7 - - disk slow")) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        socket.send(new DatagramPacket(bytes, bytes.length, LOOPBACK, port));
      }
    }

    awaitEntries("app", 2);
    assertThat(recent("app"))
        .extracting(LogEntry::getText)
        .containsExactlyInAnyOrder("disk full", "disk slow");
    assertThat(recent("app"))
        .extracting(LogEntry::getSeverity)
        .containsExactlyInAnyOrder(Severity.SEVERITY_ERROR, Severity.SEVERITY_WARNING);
  }

  @Test
  void connectionMayFrameItsMessagesEitherWay() throws Exception {
    try (Socket socket = new Socket(LOOPBACK, port)) {
      send(socket, counted("counted") + HEADER + "a line\n\n" + counted("two\nlines") + HEADER);
      send(socket, "3\n" + counted("") + HEADER + "ends with zero\0" + HEADER + "without an end");
    }

    awaitEntries("app", 7);
    assertThat(recent("app"))
        .extracting(LogEntry::getText)
        .containsExactly(
            "without an end", "ends with zero", "-", "3", "two\nlines", "a line", "counted");
  }

  @Test
  void messagesOfOneConnectionStayInOrder() throws Exception {
    StringBuilder messages = new StringBuilder();
    IntStream.range(0, 1_000)
        .forEach(i -> messages.append(HEADER).append("entry ").append(i).append('\n'));
    try (Socket socket = new Socket(LOOPBACK, port)) {
      send(socket, messages.toString());
    }

    Eventually.until(
        PATIENCE,
        "the last one is there",
        () -> !recent("app").isEmpty() && recent("app").get(0).getText().equals("entry 999"));
    assertThat(recent("app"))
        .extracting(LogEntry::getText)
        .containsExactlyElementsOf(
            IntStream.range(0, 100).mapToObj(i -> "entry " + (999 - i)).toList());
  }

  @Test
  void messageThatIsTooLongIsCutAndWhatFollowsSurvives() throws Exception {
    String much = "x".repeat(3 * SyslogFrames.MESSAGE_BYTES);
    try (Socket socket = new Socket(LOOPBACK, port)) {
      send(socket, HEADER + "one\n" + HEADER + much + "\n" + HEADER + "two\n");
      send(socket, counted(much) + counted("three"));
    }

    awaitEntries("app", 5);
    assertThat(recent("app"))
        .extracting(entry -> entry.getText().replaceFirst("x{100,}", "much"))
        .containsExactly("three", "much", "two", "much", "one");
  }

  @Test
  void lineThatBeginsWithANumberIsALine() throws Exception {
    try (Socket socket = new Socket(LOOPBACK, port)) {
      send(socket, "1131566461 2005.11.09 dn228\n2024-01-01 12:00:00 INFO up\n7\n");
    }

    awaitEntries("user", 3);
    assertThat(recent("user"))
        .extracting(LogEntry::getText)
        .containsExactly("7", "2024-01-01 12:00:00 INFO up", "1131566461 2005.11.09 dn228");
  }

  @Test
  void messagesSentWhileRedisIsAwayAreWrittenWhenItIsBack() throws Exception {
    int ownPort = freePort();
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
        TestServer own = listening(redis.uri(), ownPort);
        Socket socket = new Socket(LOOPBACK, ownPort)) {
      redis.kill();
      send(socket, HEADER + "one\n" + HEADER + "two\n");
      redis.start();

      Eventually.until(
          PATIENCE,
          "they are written",
          () -> redis.commands().xlen("quoin:default:logs:{app}:entries") == 2);
    }
  }

  @Test
  void loggerCommandIsUnderstood() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(LOGGER), "there is no logger command");
    for (List<String> kind :
        List.of(List.of("--udp", "--rfc3164"), List.of("--udp", "--rfc5424"), List.of("--tcp"))) {
      List<String> command = new ArrayList<>();
      command.addAll(List.of(LOGGER.toString(), "--server", "127.0.0.1"));
      command.addAll(List.of("--port", String.valueOf(port), "--tag", "backup"));
      command.addAll(List.of("--priority", "local3.err"));
      command.addAll(kind);
      command.add("cannot read tape");
      assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    awaitEntries("backup", 3);
    assertThat(recent("backup"))
        .allSatisfy(
            entry -> {
              assertThat(entry.getText()).isEqualTo("cannot read tape");
              assertThat(entry.getSeverity()).isEqualTo(Severity.SEVERITY_ERROR);
              assertThat(entry.getFieldsMap()).containsEntry("facility", "local3");
            });
  }

  @Test
  void portThatIsTakenIsNamed() {
    assertThatThrownBy(() -> listening(TestRedis.uri(), port))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("syslog-udp-port");
  }

  @Test
  void listeningWhereOthersReachItHasToBeAskedFor() {
    assertThatThrownBy(() -> TestServer.start("syslog-host", "0.0.0.0", "syslog-udp-port", "5514"))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("syslog-host");
  }

  private static TestServer listening(String redis, int port) {
    String number = String.valueOf(port);
    return TestServer.start("redis", redis, "syslog-udp-port", number, "syslog-tcp-port", number);
  }

  private static String counted(String text) {
    String message = HEADER + text;
    return message.length() + " " + message;
  }

  private static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private static void awaitEntries(String name, int count) {
    Eventually.until(PATIENCE, count + " entries of " + name, () -> recent(name).size() == count);
  }

  private static List<LogEntry> recent(String name) {
    return LogsGrpc.newBlockingStub(server.channel())
        .listRecent(ListRecentRequest.newBuilder().setName(name).build())
        .getEntriesList();
  }

  /** A port that is free for TCP and UDP. */
  private static int freePort() {
    while (true) {
      try (ServerSocket tcp = new ServerSocket(0, 1, LOOPBACK);
          DatagramSocket udp = new DatagramSocket(tcp.getLocalPort(), LOOPBACK)) {
        return udp.getLocalPort();
      } catch (IOException e) {
        // The next one may be free for both.
      }
    }
  }
}
