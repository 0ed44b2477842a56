// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteStreamRequest;
import dev.quoin.logs.v1.WriteStreamResponse;
import dev.quoin.server.testing.TestServer;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A WriteStream of a test. */
final class Batches implements StreamObserver<WriteStreamResponse> {
  private final CompletableFuture<WriteStreamResponse> response = new CompletableFuture<>();
  private final StreamObserver<WriteStreamRequest> requests;

  private Batches(Channel channel) {
    requests = LogsGrpc.newStub(channel).writeStream(this);
  }

  static Batches open(Channel channel) {
    return new Batches(channel);
  }

  /** Writes so many entries, "entry 0" and so on, a hundred a batch. */
  static void write(TestServer server, String name, int count, Severity severity) {
    Batches batches = open(server.channel());
    List<LogEntry> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(LogEntry.newBuilder().setSeverity(severity).setText("entry " + i).build());
      if (entries.size() == 100 || i == count - 1) {
        batches.send(WriteStreamRequest.newBuilder().setName(name).addAllEntries(entries).build());
        entries.clear();
      }
    }
    try {
      batches.end();
    } catch (ExecutionException | TimeoutException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  static WriteStreamRequest.Builder batch(String name, String... texts) {
    WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName(name);
    for (String text : texts) {
      batch.addEntriesBuilder().setText(text);
    }
    return batch;
  }

  void send(WriteStreamRequest request) {
    requests.onNext(request);
  }

  WriteStreamResponse end() throws ExecutionException, TimeoutException, InterruptedException {
    requests.onCompleted();
    return response().get(30, TimeUnit.SECONDS);
  }

  CompletableFuture<WriteStreamResponse> response() {
    return response;
  }

  @Override
  public void onNext(WriteStreamResponse value) {
    response.complete(value);
  }

  @Override
  public void onError(Throwable failure) {
    response.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    response.completeExceptionally(new AssertionError("no response"));
  }
}
