// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestServer;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.Tag;

@Tag("redis")
final class TailResumingTest extends ResumingKit<TailRequest, TailResponse> {
  private static final int MORE_THAN_KEPT = 1_500;

  private final String log = "log " + System.nanoTime() + " ";

  @Override
  protected MethodDescriptor<TailRequest, TailResponse> method() {
    return LogsGrpc.getTailMethod();
  }

  @Override
  protected TailRequest request(String cursor) {
    return Tailing.of(log + 0, log + 1, log + 2).setCursor(cursor).build();
  }

  @Override
  protected List<Told> told(TailResponse message) {
    return switch (message.getEventCase()) {
      case NEW_ENTRIES ->
          message.getNewEntries().getEntriesList().stream()
              .map(entry -> Told.event(entry.getText(), entry.getCursor()))
              .toList();
      case GAP -> List.of(Told.gap(message.getGap().getCursor()));
      default -> List.of(Told.heartbeat(message.getHeartbeat().getCursor()));
    };
  }

  @Override
  protected void write(int number, String text) {
    LogsGrpc.newBlockingStub(TestServer.first().channel())
        .write(WriteRequest.newBuilder().setName(log + number).setText(text).build());
  }

  @Override
  protected void overflow(int number) {
    Batches.write(TestServer.first(), log + number, MORE_THAN_KEPT, Severity.SEVERITY_INFO);
  }
}
