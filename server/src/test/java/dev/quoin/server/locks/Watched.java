// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.testing.TestServer;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An open Watch stream of a test. */
final class Watched implements ClientResponseObserver<WatchRequest, WatchResponse> {
  private static final Queue<Watched> OPEN = new ConcurrentLinkedQueue<>();

  private final BlockingQueue<WatchResponse> seen = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private ClientCallStreamObserver<WatchRequest> call;

  static Watched open(TestServer server, String name) {
    Watched watched = new Watched();
    server.asyncLocks().watch(WatchRequest.newBuilder().setName(name).build(), watched);
    return watched;
  }

  /** The next message. */
  WatchResponse next() {
    try {
      WatchResponse message = seen.poll(20, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("no message within 20 s");
      }
      return message;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next message of which something is true. */
  WatchResponse until(Predicate<WatchResponse> wanted) {
    WatchResponse message = next();
    while (!wanted.test(message)) {
      message = next();
    }
    return message;
  }

  CompletableFuture<Void> end() {
    return end;
  }

  void cancel() {
    call.cancel("the test has enough", null);
  }

  static void cancelAll() {
    for (Watched watched = OPEN.poll(); watched != null; watched = OPEN.poll()) {
      watched.cancel();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WatchRequest> requestStream) {
    call = requestStream;
    OPEN.add(this);
  }

  @Override
  public void onNext(WatchResponse message) {
    seen.add(message);
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
