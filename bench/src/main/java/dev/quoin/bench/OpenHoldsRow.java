// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import io.grpc.ManagedChannel;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** What it costs the server to hold many permits, each by a stream with the default lease. */
record OpenHoldsRow(String name, int inFlight) implements Row {
  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    return OpenStreams.measure(testbed, inFlight, this::hold);
  }

  private void hold(List<ManagedChannel> channels, CountDownLatch granted) {
    for (int i = 0; i < inFlight; i++) {
      HoldRequest request =
          HoldRequest.newBuilder()
              .setName("held-" + i % 100)
              .setLimit(SemaphoreOperations.MANY)
              .build();
      SemaphoresGrpc.newStub(channels.get(i % channels.size()))
          .hold(request, OpenStreams.reader(granted, HoldResponse::hasGranted));
    }
  }
}
