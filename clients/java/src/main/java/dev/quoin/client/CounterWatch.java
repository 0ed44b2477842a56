// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.WatchRequest;
import dev.quoin.counters.v1.WatchResponse;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A counter that is watched: one stream at a time, and another one when a stream ends. */
public final class CounterWatch implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Link link;
  private final WatchRequest request;
  private final Consumer<List<CounterSample>> listener;
  private final CompletableFuture<Void> refused = new CompletableFuture<>();
  private final StreamLog log;
  private ClientCall<WatchRequest, WatchResponse> call;
  private boolean closed;

  CounterWatch(Link link, String name, Duration precision, Consumer<List<CounterSample>> listener) {
    this.link = link;
    this.request =
        WatchRequest.newBuilder().setName(name).setPrecision(Protos.duration(precision)).build();
    this.listener = listener;
    this.log =
        new StreamLog(
            CountersGrpc.getWatchMethod().getFullMethodName() + " of " + name, link.address());
  }

  CounterWatch start() {
    link.opened(
        this,
        () -> {
          close();
          return CompletableFuture.completedFuture(null);
        });
    open();
    return this;
  }

  /**
   * Fails when the server refuses the watch, because the name or the precision is not allowed; else
   * it never completes.
   */
  public CompletableFuture<Void> refusal() {
    return refused;
  }

  /** Ends the watch. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
      if (call != null) {
        call.cancel("the watch was closed", null);
      }
    }
    link.closed(this);
  }

  private synchronized void open() {
    if (!closed) {
      call = link.stream(CountersGrpc.getWatchMethod(), request, new States());
    }
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private void broken(QuoinException failure) {
    if (isClosed()) {
      return;
    }
    if (failure instanceof UnavailableException) {
      log.broken(failure);
      try {
        link.after(Retries.pause(PAUSE), this::open);
      } catch (ClosedException e) {
        close();
      }
    } else {
      link.closed(this);
      refused.completeExceptionally(failure);
    }
  }

  /** One stream. */
  private final class States implements StreamObserver<WatchResponse> {
    @Override
    public void onNext(WatchResponse state) {
      log.alive();
      Callbacks.run(
          "a listener for a counter",
          () -> listener.accept(CounterSample.all(state.getSamplesList())));
    }

    @Override
    public void onError(Throwable failure) {
      broken(QuoinException.from(failure));
    }

    @Override
    public void onCompleted() {
      onError(Status.UNAVAILABLE.asRuntimeException());
    }
  }
}
