// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.rpc.ErrorInfo;
import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class WriteStreamTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void batchesAreWrittenInTheirOrder() throws Exception {
    Batches batches = Batches.open(TestServer.first().channel());
    batches.send(Batches.batch("web", "1", "2").build());
    batches.send(Batches.batch("db", "x").build());
    batches.send(Batches.batch("web", "3").build());

    assertThat(batches.end().getBatches()).isEqualTo(3);

    assertThat(texts("web")).containsExactly("3", "2", "1");
    assertThat(texts("db")).containsExactly("x");
  }

  @Test
  void entriesOfOneBatchMayHaveDifferentSeverities() throws Exception {
    Batches batches = Batches.open(TestServer.first().channel());
    WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName("web");
    for (int severity = 0; severity <= 5; severity++) {
      batch.addEntriesBuilder().setText("s" + severity).setSeverityValue(severity);
    }
    batches.send(batch.build());
    batches.end();

    assertThat(texts("web")).containsExactly("s5", "s4", "s3", "s2", "s1", "s0");
    assertThat(recent("web", Severity.SEVERITY_INFO).stream().map(LogEntry::getText).toList())
        .containsExactly("s2", "s0");
  }

  @Test
  void streamWithoutBatchesIsAnswered() throws Exception {
    assertThat(Batches.open(TestServer.first().channel()).end().getBatches()).isZero();
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        LogsGrpc.getWriteStreamMethod(),
        name -> Batches.batch(name, "1", "2"),
        request -> request.removeEntries(0),
        WriteStreamTest::texts);
  }

  @Test
  void failureTellsHowManyBatchesAreWritten() {
    Batches batches = Batches.open(TestServer.first().channel());
    batches.send(Batches.batch("web", "1").setRequestId("r-1").build());
    batches.send(Batches.batch("web", "2").build());
    batches.send(Batches.batch("web", "3").setRequestId("r-1").build());
    batches.send(Batches.batch("web", "4").build());

    Refused refused = refusal(batches);

    assertThat(refused.reason()).isEqualTo("REQUEST_ID_REUSED");
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("written", "2");
    assertThat(texts("web")).containsExactly("2", "1");
  }

  @Test
  void badBatchIsRefusedWithItsField() {
    Batches batches = Batches.open(TestServer.first().channel());
    batches.send(Batches.batch("web", "1", "").build());

    Refused refused = refusal(batches);

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("entries[1].text");
    assertThat(texts("web")).isEmpty();
  }

  @Test
  void whatTheContractDoesNotKnowIsNotStored() throws Exception {
    ByteString junk = ByteString.copyFrom(new byte[3_000_000]);
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addLengthDelimited(junk).build())
            .build();
    WriteStreamRequest.Builder batch = Batches.batch("web", "1");
    batch.getEntriesBuilder(0).setUnknownFields(unknown);
    Batches batches = Batches.open(TestServer.first().channel());
    batches.send(batch.build());
    batches.send(batch.build());
    batches.end();

    assertThat(recent("web", Severity.SEVERITY_INFO))
        .hasSize(2)
        .allSatisfy(entry -> assertThat(entry.getUnknownFields().asMap()).isEmpty());
  }

  @Test
  void badBatchIsRefusedOnceThoseBeforeItAreWrittenAndTellsHowManyTheyAre() {
    Batches batches = Batches.open(TestServer.first().channel());
    batches.send(Batches.batch("web", "1").build());
    batches.send(Batches.batch("db", "2").build());
    batches.send(Batches.batch("web", "3", "").build());
    batches.send(Batches.batch("web", "4").build());

    Refused refused = refusal(batches);

    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly("entries[1].text");
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("written", "2");
    assertThat(texts("web")).containsExactly("1");
    assertThat(texts("db")).containsExactly("2");
  }

  @Test
  void recentStopsBeforeItsAnswerIsTooLarge() throws Exception {
    LogEntry.Builder large = LogEntry.newBuilder().setText("x".repeat(16_384));
    for (int i = 0; i < 32; i++) {
      large.putFields("f" + i, "y".repeat(1_024));
    }
    Batches batches = Batches.open(TestServer.first().channel());
    for (int i = 0; i < 5; i++) {
      WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName("web");
      for (int j = 0; j < 20; j++) {
        batch.addEntries(large.setTemplate("entry " + (20 * i + j)));
      }
      batches.send(batch.build());
    }
    batches.end();

    List<LogEntry> found = recent("web", Severity.SEVERITY_UNSPECIFIED);

    assertThat(found).hasSizeBetween(15, 25);
    assertThat(found.get(0).getTemplate()).isEqualTo("entry 99");
    assertThat(found.get(14).getTemplate()).isEqualTo("entry 85");
  }

  @Test
  void drainEndsAStreamThatIsOpenAndTellsWhatIsWritten() {
    TestServer server = TestServer.onSharedRedis();
    ManagedChannel connection = server.newChannel();
    try {
      Batches batches = Batches.open(connection);
      batches.send(Batches.batch("web", "1").build());
      Eventually.until("it is written", () -> !texts("web").isEmpty());

      Thread closing = new Thread(server::close);
      closing.start();

      Refused refused = refusal(batches);
      assertThat(refused.reason()).isEqualTo("SHUTTING_DOWN");
      assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
          .containsEntry("written", "1");
      closing.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    } finally {
      connection.shutdownNow();
    }
  }

  private static Refused refusal(Batches batches) {
    return Refused.by(
        () -> {
          try {
            batches.response().get(30, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  private static List<String> texts(String name) {
    return recent(name, Severity.SEVERITY_UNSPECIFIED).stream().map(LogEntry::getText).toList();
  }

  private static List<LogEntry> recent(String name, Severity severity) {
    return LogsGrpc.newBlockingStub(TestServer.second().channel())
        .listRecent(ListRecentRequest.newBuilder().setName(name).setSeverity(severity).build())
        .getEntriesList();
  }
}
