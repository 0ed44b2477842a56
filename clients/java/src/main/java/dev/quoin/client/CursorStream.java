// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import io.grpc.MethodDescriptor;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A log that is followed: opened again, the stream goes on after the last event that the listener
 * was told. A feature says what the request is and what there is to tell of a message.
 */
abstract class CursorStream<Q, R extends Message> implements AutoCloseable {
  private final ResumableStream<Q, R> stream;
  private volatile String cursor;

  /**
   * @param cursor where to begin, "" for the default of the RPC
   * @param breaks told each time the stream has failed
   */
  CursorStream(
      ClientCore core,
      MethodDescriptor<Q, R> method,
      String cursor,
      Consumer<QuoinException> breaks) {
    this.cursor = cursor;
    this.stream =
        new ResumableStream<>(core, method, () -> request(this.cursor), this::receive, breaks);
  }

  abstract Q request(String after);

  /** Tells the listener what is in a message, by {@link #tell}. */
  abstract void take(R message);

  void gap(Gap gap) {}

  /** The stream is alive: it says something at least every few seconds. */
  void alive() {}

  private void receive(R message) {
    Object event = Fields.event(message);
    if (event instanceof Gap gap) {
      tell(() -> gap(gap), gap.getCursor());
    } else if (event instanceof Heartbeat heartbeat) {
      tell(this::alive, heartbeat.getCursor());
    } else if (event instanceof Reconnect reconnect) {
      tell(() -> {}, reconnect.getCursor());
    } else {
      take(message);
    }
  }

  void open() {
    stream.open();
  }

  /**
   * The position after the last call of the listener that has returned: another stream given this
   * cursor goes on there. "" before there is one.
   */
  public String cursor() {
    return cursor;
  }

  /**
   * Completes when it is closed. Fails with {@link QuoinException} when the server refuses the
   * request for good.
   */
  public CompletableFuture<Void> ended() {
    return stream.ended();
  }

  /** Ends it; the listener may still be in its last call. */
  @Override
  public void close() {
    stream.close();
  }

  /** What a listener throws at one event must not cost it those that came with it. */
  final void tell(Runnable news, String after) {
    if (!stream.isClosed()) {
      Callbacks.run("a listener of " + getClass().getSimpleName(), news);
      cursor = after;
    }
  }
}
