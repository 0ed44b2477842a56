// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Any;
import com.google.rpc.BadRequest;
import com.google.rpc.Code;
import com.google.rpc.ErrorInfo;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An entry that no server accepts costs nothing but itself. */
class BackgroundSendersTest {
  private final List<String> written = new CopyOnWriteArrayList<>();
  private final List<String> counted = new CopyOnWriteArrayList<>();
  private Server server;
  private Quoin quoin;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forPort(0)
            .addService(new StrictLogs())
            .addService(new StrictCounters())
            .build()
            .start();
    quoin = Quoin.connect("localhost:" + server.getPort());
  }

  @AfterEach
  void stop() {
    quoin.close();
    server.shutdownNow();
  }

  @Test
  void ofALog() {
    try (RecordedLogs logs = new RecordedLogs(LogWriter.class)) {
      LogWriter writer = quoin.logs().writer("log");
      for (int i = 0; i < 250; i++) {
        writer.write(Severity.SEVERITY_INFO, i % 100 == 50 ? "bad" : "entry " + i);
      }
      Eventually.get(writer.flushAsync());

      assertThat(writer.dropped()).isEqualTo(2);
      assertThat(written)
          .containsExactlyElementsOf(
              IntStream.range(0, 250)
                  .filter(i -> i % 100 != 50)
                  .mapToObj(i -> "entry " + i)
                  .toList());
      assertThat(logs.messages()).hasSize(1).first().asString().contains("log are dropped");
    }
  }

  @Test
  void aSeverityOfAnotherVersionIsWritten() {
    LogWriter writer = quoin.logs().writer("log");
    writer.write(LogEntry.newBuilder().setSeverityValue(99).setText("new").build());
    Eventually.get(writer.flushAsync());
    assertThat(written).containsExactly("new");
  }

  @Test
  void ofARecorder() {
    CounterRecorder recorder = quoin.counters().recorder();
    for (String name : List.of("bad", "broken", "hits")) {
      recorder.increment(name);
      recorder.flush();
    }
    Eventually.until("the good one is counted", () -> counted.contains("hits"));
    assertThat(counted).containsExactly("hits");
    assertThat(recorder.lost()).isEqualTo(2);
  }

  /** Refuses entries that are "bad". */
  private final class StrictLogs extends LogsGrpc.LogsImplBase {
    @Override
    public StreamObserver<WriteStreamRequest> writeStream(
        StreamObserver<WriteStreamResponse> answer) {
      return new StreamObserver<>() {
        private int batches;
        private boolean over;

        @Override
        public void onNext(WriteStreamRequest batch) {
          if (over) {
            return;
          }
          List<String> texts = batch.getEntriesList().stream().map(LogEntry::getText).toList();
          if (texts.contains("bad") || batch.getEntries(0).getSeverityValue() > 5) {
            over = true;
            answer.onError(invalid("entries[0].text", batches));
            return;
          }
          batches++;
          written.addAll(texts);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          if (!over) {
            answer.onNext(WriteStreamResponse.getDefaultInstance());
            answer.onCompleted();
          }
        }
      };
    }
  }

  /** Refuses the counter "bad", and fails at "broken" every time. */
  private final class StrictCounters extends CountersGrpc.CountersImplBase {
    @Override
    public StreamObserver<IncrementBatchRequest> incrementBatch(
        StreamObserver<IncrementBatchResponse> answers) {
      return new StreamObserver<>() {
        private boolean over;

        @Override
        public void onNext(IncrementBatchRequest batch) {
          if (over) {
            return;
          }
          String name = batch.getIncrements(0).getName();
          if (name.equals("hits")) {
            counted.add(name);
            answers.onNext(IncrementBatchResponse.getDefaultInstance());
            return;
          }
          over = true;
          answers.onError(
              name.equals("bad")
                  ? invalid("increments[0].name", 0)
                  : Status.INTERNAL.asRuntimeException());
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {
          if (!over) {
            answers.onCompleted();
          }
        }
      };
    }
  }

  private static StatusRuntimeException invalid(String field, int written) {
    BadRequest rules =
        BadRequest.newBuilder()
            .addFieldViolations(BadRequest.FieldViolation.newBuilder().setField(field))
            .build();
    return StatusProto.toStatusRuntimeException(
        com.google.rpc.Status.newBuilder()
            .setCode(Code.INVALID_ARGUMENT_VALUE)
            .setMessage("refused")
            .addDetails(
                Any.pack(
                    ErrorInfo.newBuilder()
                        .setReason("INVALID_REQUEST")
                        .setDomain("quoin.dev")
                        .putMetadata("written", String.valueOf(written))
                        .build()))
            .addDetails(Any.pack(rules))
            .build());
  }
}
