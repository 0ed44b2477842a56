// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Granted;
import java.util.concurrent.TimeUnit;

/** An open Hold stream of a test. */
final class Holding extends OpenStream<HoldRequest, HoldResponse> {
  static Holding open(TestServer server, HoldRequest.Builder request) {
    Holding holding = new Holding();
    SemaphoresGrpc.newStub(server.channel()).hold(request.build(), holding);
    return holding;
  }

  static HoldRequest.Builder request(String name, long leaseMillis) {
    return HoldRequest.newBuilder().setName(name).setLease(Durations.fromMillis(leaseMillis));
  }

  /** The next event that is no heartbeat and no position. */
  HoldResponse next() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (System.nanoTime() < end) {
      HoldResponse event = any();
      if (!event.hasHeartbeat() && !event.hasWaiting()) {
        return event;
      }
    }
    throw new AssertionError("nothing but heartbeats and positions within 20 s");
  }

  Granted granted() {
    HoldResponse event = next();
    if (!event.hasGranted()) {
      throw new AssertionError("not granted but " + event);
    }
    return event.getGranted();
  }
}
