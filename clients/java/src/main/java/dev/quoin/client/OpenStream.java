// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A stream that is opened again whenever it ends, until it is closed or makes no sense. */
final class OpenStream<Q, R> {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Link link;
  private final MethodDescriptor<Q, R> method;
  private final Supplier<Q> request;
  private final Consumer<R> messages;
  private final Consumer<QuoinException> breaks;
  private final StreamLog log;
  private ClientCall<Q, R> call;
  private boolean over;

  /**
   * @param request makes the request each time the stream is opened
   * @param messages told what arrives, one message at a time
   * @param breaks told when the stream has failed; an {@link InvalidRequestException} is its end
   */
  OpenStream(
      Link link,
      MethodDescriptor<Q, R> method,
      Supplier<Q> request,
      Consumer<R> messages,
      Consumer<QuoinException> breaks) {
    this.link = link;
    this.method = method;
    this.request = request;
    this.messages = messages;
    this.breaks = breaks;
    this.log = new StreamLog(method.getFullMethodName(), link.address());
  }

  /** Opens it. */
  void open() {
    link.opened(
        this,
        () -> {
          close();
          return CompletableFuture.completedFuture(null);
        });
    openNow();
  }

  /** Ends it. */
  void close() {
    ClientCall<Q, R> last;
    synchronized (this) {
      over = true;
      last = call;
      call = null;
    }
    link.closed(this);
    if (last != null) {
      last.cancel("it is not wanted any more", null);
    }
  }

  private synchronized void openNow() {
    if (!over) {
      call = link.stream(method, request.get(), new Events());
    }
  }

  private synchronized boolean isOver() {
    return over;
  }

  private final class Events implements StreamObserver<R> {
    @Override
    public void onNext(R message) {
      if (isOver()) {
        return;
      }
      log.alive();
      Callbacks.run("a listener of " + method.getFullMethodName(), () -> messages.accept(message));
    }

    @Override
    public void onError(Throwable thrown) {
      if (isOver()) {
        return;
      }
      QuoinException failure = QuoinException.from(thrown);
      Callbacks.run(
          "a listener for the end of " + method.getFullMethodName(), () -> breaks.accept(failure));
      if (failure instanceof InvalidRequestException) {
        close();
      } else {
        log.broken(failure);
        again();
      }
    }

    @Override
    public void onCompleted() {
      if (!isOver()) {
        again();
      }
    }

    private void again() {
      try {
        link.after(Retries.pause(PATIENCE), OpenStream.this::openNow);
      } catch (ClosedException e) {
        close();
      }
    }
  }
}
