// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import dev.quoin.streams.v1.Heartbeat;
import io.grpc.MethodDescriptor;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * State that a watch keeps in memory. While no server can be reached it stays as it was last known.
 * A feature says what the request is and what becomes of a message.
 */
abstract class CachedWatch<Q, R extends Message, T> implements AutoCloseable {
  private final ResumableStream<Q, R> stream;
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private final List<Consumer<T>> listeners = new CopyOnWriteArrayList<>();
  private volatile Instant asOf;
  private volatile boolean stale = true;

  CachedWatch(ClientCore core, MethodDescriptor<Q, R> method) {
    stream =
        new ResumableStream<>(
            core, method, this::request, this::receive, failure -> this.stale = true);
  }

  abstract Q request();

  abstract void take(R message);

  /** What is known is still so. */
  void confirmed(Heartbeat heartbeat) {}

  private void receive(R message) {
    if (Fields.event(message) instanceof Heartbeat heartbeat) {
      confirmed(heartbeat);
      known(heartbeat.getAsOf(), heartbeat.getStale());
    } else {
      take(message);
    }
  }

  void open() {
    stream.open();
    stream.ended().whenComplete(this::ended);
  }

  private void ended(Void end, Throwable refusal) {
    if (refusal != null) {
      ready.completeExceptionally(Failure.unwrap(refusal));
    }
  }

  /**
   * Completes when the state is known. Fails with {@link QuoinException} when the server refuses
   * the watch, for example because a name is not allowed.
   */
  public CompletableFuture<Void> ready() {
    return ready.copy();
  }

  /** When the state was last known to be current, by the clock of Redis; empty before ready. */
  public Optional<Instant> asOf() {
    return Optional.ofNullable(asOf);
  }

  /** Whether there may be changes that cannot be seen now. */
  public boolean isStale() {
    return stale;
  }

  /** Has a listener told every change from now on, one at a time. It must not block. */
  public void onChange(Consumer<T> listener) {
    listeners.add(listener);
  }

  /** Ends the watch; what is known stays. */
  @Override
  public void close() {
    stream.close();
  }

  final void known(Timestamp time, boolean isStale) {
    asOf = Times.instant(time);
    stale = isStale;
  }

  final void complete() {
    ready.complete(null);
  }

  final void tell(T change) {
    listeners.forEach(
        listener ->
            Callbacks.run(
                "a listener of " + getClass().getSimpleName(), () -> listener.accept(change)));
  }
}
