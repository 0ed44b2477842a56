// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import dev.quoin.client.logback.QuoinAppender;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LogsTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin quoin = SERVER.client(namespace);
  private final Logs logs = quoin.logs();
  private final List<String> heard = new CopyOnWriteArrayList<>();

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void writtenEntryIsThereWhenTheMethodReturns() {
    String cursor = write("one");

    assertThat(texts()).containsExactly("one");
    assertThat(cursor).isNotEmpty();
  }

  @Test
  void nameThatIsNotAllowedIsRefused() {
    assertThatThrownBy(() -> logs.write(r -> r.setText("one")))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void writerWritesAllInOrderAndFlushWaitsForIt() {
    LogWriter writer = logs.writer("web");
    IntStream.range(0, 3_000).forEach(i -> writer.write(entry("entry " + i)));

    writer.flush();

    assertThat(recent(2)).extracting(LogEntry::getText).containsExactly("entry 2999", "entry 2998");
    assertThat(writer.dropped()).isZero();
    writer.close();
    assertThat(writer.write(entry("too late"))).isFalse();
  }

  @Test
  void writerCutsWhatIsTooLong() {
    try (LogWriter writer = logs.writer("web")) {
      writer.write(
          LogEntry.newBuilder()
              .setText("ä".repeat(20_000))
              .setTemplate("t".repeat(1_000))
              .putFields("k".repeat(100), "v".repeat(2_000))
              .putFields("", "x")
              .build());
      writer.write(Severity.SEVERITY_INFO, "");
    }

    assertThat(texts()).containsExactly("-", "ä".repeat(8_192));
  }

  @Test
  void writerDropsWhatHasNoRoomAndWhatIsRefused() {
    LogWriter writer = logs.writer("not\nallowed");
    IntStream.range(0, 5).forEach(i -> writer.write(entry("entry " + i)));

    writer.flush();

    assertThat(writer.dropped()).isEqualTo(5);
    writer.close();
  }

  @Test
  void closingTheClientWritesWhatIsWaiting() {
    Quoin other = SERVER.client(namespace);
    other.logs().writer("web").write(entry("last words"));

    other.close();

    assertThat(texts()).containsExactly("last words");
  }

  @Test
  void tailAndWriterOutliveARestartOfTheServer() {
    try (TestServer server = new TestServer();
        Quoin client = Quoin.builder().address(server.address()).build()) {
      LogTail tail =
          client.logs().tail(r -> r.addNames("web"), (name, entry) -> heard.add(entry.getText()));
      Eventually.until("it follows", () -> !tail.cursor().isEmpty());
      LogWriter writer = client.logs().writer("web");
      writer.write(entry("one"));
      Eventually.until("it is heard", () -> heard.contains("one"));

      server.stop();
      writer.write(entry("two"));
      server.start();

      Eventually.until("it is heard", () -> heard.contains("two"));
      assertThat(heard).containsExactly("one", "two");
    }
  }

  @Test
  void whoTakesOneEntryATailHearsEveryEntryOnce() throws Exception {
    String cursor = write("start");
    IntStream.range(0, 5).forEach(i -> write("entry " + i));

    while (heard.size() < 5) {
      CompletableFuture<LogEntry> first = new CompletableFuture<>();
      String last = cursor;
      try (LogTail tail =
          logs.tail(
              r -> r.addNames("web").setCursor(last), (name, entry) -> first.complete(entry))) {
        LogEntry taken = first.get(20, TimeUnit.SECONDS);
        heard.add(taken.getText());
        cursor = taken.getCursor();
      }
    }

    assertThat(heard).containsExactly("entry 0", "entry 1", "entry 2", "entry 3", "entry 4");
  }

  @Test
  void tailWithAMistakeEndsAndSaysWhy() throws Exception {
    try (LogTail tail =
        logs.tail(r -> r.addNames("web").setCursor("nonsense"), (name, entry) -> {})) {
      assertThatThrownBy(() -> tail.ended().get(20, TimeUnit.SECONDS))
          .hasCauseInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void appenderSendsWhatAProgramLogs() {
    LoggerContext context = new LoggerContext();
    LogbackMDCAdapter mdc = new LogbackMDCAdapter();
    context.setMDCAdapter(mdc);
    mdc.put("user", "u-1");
    QuoinAppender appender = new QuoinAppender();
    appender.setContext(context);
    appender.setAddress(SERVER.address());
    appender.setNamespace(namespace);
    appender.setLog("web");
    appender.start();
    Logger logger = context.getLogger("shop.Orders");
    logger.addAppender(appender);

    logger.info("order {} paid", 17);
    logger.error("order {} lost", 42, new IllegalStateException("no stock"));
    context.stop();

    List<LogEntry> entries = recent(10);
    assertThat(entries).hasSize(2);
    assertThat(entries.get(0).getText())
        .startsWith("order 42 lost\njava.lang.IllegalStateException: no stock");
    assertThat(entries.get(0).getSeverity()).isEqualTo(Severity.SEVERITY_ERROR);
    assertThat(entries.get(1).getText()).isEqualTo("order 17 paid");
    assertThat(entries.get(1).getTemplate()).isEqualTo("order {} paid");
    assertThat(entries.get(1).getFieldsMap())
        .containsEntry("logger", "shop.Orders")
        .containsEntry("user", "u-1");
  }

  private List<String> texts() {
    return recent(100).stream().map(LogEntry::getText).toList();
  }

  private String write(String text) {
    return logs.write(r -> r.setName("web").setText(text)).getCursor();
  }

  private List<LogEntry> recent(int most) {
    return logs.listRecent(r -> r.setName("web").setMaxItems(most)).getEntriesList();
  }

  private static LogEntry entry(String text) {
    return LogEntry.newBuilder().setText(text).build();
  }
}
