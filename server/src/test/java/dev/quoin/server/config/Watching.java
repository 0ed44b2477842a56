// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** An open stream of a test. */
final class Watching<Q, R> implements ClientResponseObserver<Q, R> {
  private static final Queue<Watching<?, ?>> OPEN = new ConcurrentLinkedQueue<>();
  private static final long LIMIT_SECONDS = 20;

  private final BlockingQueue<R> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private final boolean slow;
  private volatile RuntimeException failure;
  private ClientCallStreamObserver<Q> call;

  Watching() {
    this(false);
  }

  /**
   * @param slow whether it reads only what it is told to
   */
  Watching(boolean slow) {
    this.slow = slow;
  }

  /** The next message of a kind; others are passed over. Throws what the stream failed with. */
  R next(Predicate<R> wanted) {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
    while (true) {
      R message = poll(limit);
      if (wanted.test(message)) {
        return message;
      }
    }
  }

  private R poll(long limit) {
    try {
      while (System.nanoTime() < limit) {
        R message = messages.poll(100, TimeUnit.MILLISECONDS);
        if (message != null) {
          return message;
        }
        RuntimeException thrown = failure;
        if (thrown != null && messages.isEmpty()) {
          throw thrown;
        }
      }
      throw new AssertionError("no such message within " + LIMIT_SECONDS + " s, end: " + end);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** How the stream ended. */
  CompletableFuture<Void> end() {
    return end;
  }

  void read(int count) {
    call.request(count);
  }

  void cancel() {
    call.cancel("the test has enough", null);
  }

  static void cancelAll() {
    for (Watching<?, ?> open = OPEN.poll(); open != null; open = OPEN.poll()) {
      open.cancel();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<Q> requestStream) {
    call = requestStream;
    if (slow) {
      call.disableAutoRequestWithInitial(0);
    }
    OPEN.add(this);
  }

  @Override
  public void onNext(R message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable thrown) {
    failure = (RuntimeException) thrown;
    end.completeExceptionally(thrown);
  }

  @Override
  public void onCompleted() {
    end.complete(null);
  }
}
