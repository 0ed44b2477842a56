// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Watches a lock until it is closed. A stream that breaks is opened again, which tells the present
 * state anew.
 */
public final class LockWatch implements AutoCloseable {
  private final Consumer<LockEvent> listener;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final OpenStream<WatchRequest, WatchResponse> stream;

  LockWatch(Link link, String name, Consumer<LockEvent> listener) {
    this.listener = listener;
    WatchRequest request = WatchRequest.newBuilder().setName(name).build();
    this.stream =
        new OpenStream<>(link, LocksGrpc.getWatchMethod(), () -> request, this::take, this::broken);
    stream.open();
  }

  /**
   * Done as soon as the present state was told. Fails with {@link InvalidRequestException} when the
   * name is not allowed.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  /** Ends the watch. */
  @Override
  public void close() {
    stream.close();
  }

  private void take(WatchResponse seen) {
    try {
      listener.accept(LockEvent.of(seen));
    } finally {
      ready.complete(null);
    }
  }

  private void broken(QuoinException failure) {
    if (failure instanceof InvalidRequestException) {
      ready.completeExceptionally(failure);
    }
  }
}
