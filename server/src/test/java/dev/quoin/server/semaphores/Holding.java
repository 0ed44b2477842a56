// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.TestServer;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An open Hold stream of a test. */
final class Holding implements ClientResponseObserver<HoldRequest, HoldResponse> {
  private static final Queue<Holding> OPEN = new ConcurrentLinkedQueue<>();

  private final BlockingQueue<HoldResponse> events = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private ClientCallStreamObserver<HoldRequest> call;

  static Holding open(TestServer server, HoldRequest.Builder request) {
    Holding holding = new Holding();
    SemaphoresGrpc.newStub(server.channel()).hold(request.build(), holding);
    return holding;
  }

  static Holding open(TestServer server, String name) {
    return open(server, HoldRequest.newBuilder().setName(name));
  }

  static HoldRequest.Builder request(String name, long leaseMillis) {
    return HoldRequest.newBuilder().setName(name).setLease(Durations.fromMillis(leaseMillis));
  }

  /** The next event that is no heartbeat and no position. */
  HoldResponse next() throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (System.nanoTime() < end) {
      HoldResponse event = any();
      if (!event.hasHeartbeat() && !event.hasWaiting()) {
        return event;
      }
    }
    throw new AssertionError("nothing but heartbeats and positions within 20 s");
  }

  /** As {@link #any}, for use in conditions. */
  HoldResponse poll() {
    try {
      return any();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next event of any kind. */
  HoldResponse any() throws InterruptedException {
    HoldResponse event = events.poll(10, TimeUnit.SECONDS);
    if (event == null) {
      throw new AssertionError("no event within 10 s");
    }
    return event;
  }

  HoldResponse.Granted granted() throws InterruptedException {
    HoldResponse event = next();
    if (!event.hasGranted()) {
      throw new AssertionError("not granted but " + event);
    }
    return event.getGranted();
  }

  /** How the stream ended. */
  CompletableFuture<Void> end() {
    return end;
  }

  void cancel() {
    call.cancel("the test has enough", null);
  }

  /** Ends what a test left open, so that it does not hold the permits of the next one. */
  static void cancelAll() {
    for (Holding holding = OPEN.poll(); holding != null; holding = OPEN.poll()) {
      holding.cancel();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<HoldRequest> requestStream) {
    call = requestStream;
    OPEN.add(this);
  }

  @Override
  public void onNext(HoldResponse event) {
    events.add(event);
  }

  @Override
  public void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    end.complete(null);
  }
}
