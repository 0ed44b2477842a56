// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsStub;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.logs.v1.WriteStreamRequest;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;

/** What workers write to logs. */
final class LogsOperations {
  static final int STREAM_ENTRIES = 1_000;
  private static final int BATCH = 100;

  private LogsOperations() {}

  /** Writes one entry to one of 64 logs. */
  static Operation write(Channel channel, int worker) {
    LogsStub logs = LogsGrpc.newStub(channel);
    WriteRequest request =
        WriteRequest.newBuilder()
            .setName("log-" + worker % 64)
            .setSeverity(Severity.SEVERITY_INFO)
            .setText("order 4711 was paid by card in 38 ms")
            .setTemplate("order {} was paid by {} in {} ms")
            .putFields("host", "shop-7")
            .build();
    return done -> logs.write(request, GrpcWorkload.answer(done, response -> done.ok()));
  }

  /** Writes a thousand entries to one log with one call. */
  static Operation writeStream(Channel channel, int worker) {
    LogsStub logs = LogsGrpc.newStub(channel);
    LogEntry entry =
        LogEntry.newBuilder()
            .setSeverity(Severity.SEVERITY_INFO)
            .setText("order 4711 was paid by card in 38 ms")
            .setTemplate("order {} was paid by {} in {} ms")
            .putFields("host", "shop-7")
            .build();
    WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName("log-" + worker);
    for (int i = 0; i < BATCH; i++) {
      batch.addEntries(entry);
    }
    WriteStreamRequest request = batch.build();
    return done -> {
      StreamObserver<WriteStreamRequest> requests =
          logs.writeStream(GrpcWorkload.answer(done, response -> done.ok()));
      for (int i = 0; i < STREAM_ENTRIES / BATCH; i++) {
        requests.onNext(request);
      }
      requests.onCompleted();
    };
  }
}
