// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * An open server-streaming call of a test.
 *
 * @param <Q> type of the request
 * @param <R> type of the messages
 */
public class OpenStream<Q, R> implements ClientResponseObserver<Q, R> {
  private static final Queue<OpenStream<?, ?>> OPEN = new ConcurrentLinkedQueue<>();

  private final BlockingQueue<R> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private ClientCallStreamObserver<Q> call;
  private volatile R newest;

  /** The next message. */
  public final R any() {
    try {
      R message = messages.poll(20, TimeUnit.SECONDS);
      if (message == null) {
        throw new AssertionError("no message within 20 s");
      }
      return message;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The next message that is there already; null when there is none. */
  public final R poll() {
    return messages.poll();
  }

  /** The message that came last, taken or not. */
  public final R newest() {
    return newest;
  }

  /** How the stream ended. */
  public final CompletableFuture<Void> end() {
    return end;
  }

  public final void cancel() {
    call.cancel("the test has enough", null);
  }

  /** Ends what a test left open, so that it does not disturb the next one. */
  public static void cancelAll() {
    for (OpenStream<?, ?> stream = OPEN.poll(); stream != null; stream = OPEN.poll()) {
      stream.cancel();
    }
  }

  @Override
  public final void beforeStart(ClientCallStreamObserver<Q> requestStream) {
    call = requestStream;
    OPEN.add(this);
  }

  @Override
  public final void onNext(R message) {
    newest = message;
    messages.add(message);
  }

  @Override
  public final void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public final void onCompleted() {
    end.complete(null);
  }
}
