// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A stream of responses that is opened again, at any server, whenever it ends, until it is closed
 * or refused. What the listener throws is logged and stops nothing. Never closed, it ends with its
 * {@link Quoin}.
 */
public final class ResumableStream<Q, R> implements AutoCloseable {
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(10);

  private final ClientCore core;
  private final MethodDescriptor<Q, R> method;
  private final Supplier<Q> request;
  private final Consumer<R> listener;
  private final Consumer<QuoinException> breaks;
  private final StreamLog log;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private ClientCall<Q, R> call;

  ResumableStream(
      ClientCore core, MethodDescriptor<Q, R> method, Supplier<Q> request, Consumer<R> listener) {
    this(core, method, request, listener, failure -> {});
  }

  /**
   * @param request makes the request each time the stream is opened
   * @param listener told what arrives, one message at a time
   * @param breaks told each time the stream has failed
   */
  ResumableStream(
      ClientCore core,
      MethodDescriptor<Q, R> method,
      Supplier<Q> request,
      Consumer<R> listener,
      Consumer<QuoinException> breaks) {
    this.core = core;
    this.method = method;
    this.request = request;
    this.listener = listener;
    this.breaks = breaks;
    this.log = new StreamLog(method.getFullMethodName(), core.address());
  }

  ResumableStream<Q, R> open() {
    core.opened(
        this,
        () -> {
          close();
          return CompletableFuture.completedFuture(null);
        });
    openNow();
    return this;
  }

  /** Completes when the listener was told the first response; fails as {@link #ended} does. */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  /**
   * Completes when the stream is closed. Fails with {@link QuoinException} when the server refuses
   * the request for good, for example because a name is not allowed.
   */
  public CompletableFuture<Void> ended() {
    return ended.copy();
  }

  /** Ends it; the listener may still be in its last call. */
  @Override
  public void close() {
    end(null);
  }

  boolean isClosed() {
    return ended.isDone();
  }

  private void end(QuoinException refusal) {
    if (refusal == null ? ended.complete(null) : ended.completeExceptionally(refusal)) {
      core.closed(this);
      ready.completeExceptionally(refusal == null ? Failure.closedException() : refusal);
      cancel();
    }
  }

  private synchronized void cancel() {
    if (call != null) {
      call.cancel("the stream is closed", null);
    }
  }

  private synchronized void openNow() {
    if (!isClosed()) {
      call = core.stream(method, request.get(), new Events());
    }
  }

  private final class Events implements StreamObserver<R> {
    @Override
    public void onNext(R message) {
      if (isClosed()) {
        return;
      }
      log.alive();
      Callbacks.run("a listener of " + method.getFullMethodName(), () -> listener.accept(message));
      ready.complete(null);
    }

    @Override
    public void onError(Throwable thrown) {
      if (isClosed()) {
        return;
      }
      QuoinException failure = QuoinException.from(thrown);
      Callbacks.run(
          "a listener for the end of " + method.getFullMethodName(), () -> breaks.accept(failure));
      if (Retries.isRefusal(failure)) {
        end(failure);
      } else {
        log.broken(failure);
        openAgain();
      }
    }

    @Override
    public void onCompleted() {
      openAgain();
    }

    private void openAgain() {
      try {
        core.after(Retries.pause(LONGEST_PAUSE), ResumableStream.this::openNow);
      } catch (ClosedException e) {
        close();
      }
    }
  }
}
