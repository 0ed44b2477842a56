// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/** A stream that follows logs, of which a test takes one thing after the other. */
public final class ResumingReader<Q, R> extends ClientCall.Listener<R> implements AutoCloseable {
  private final BlockingQueue<Told> waiting = new LinkedBlockingQueue<>();
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final Function<R, List<Told>> told;
  private final ClientCall<Q, R> call;

  /**
   * One thing that a stream tells.
   *
   * @param text what was written; empty for events that were not written by the kit
   */
  public record Told(Kind kind, String text, String cursor) {
    public static Told event(String text, String cursor) {
      return new Told(Kind.EVENT, text, cursor);
    }

    public static Told gap(String cursor) {
      return new Told(Kind.GAP, "", cursor);
    }

    public static Told heartbeat(String cursor) {
      return new Told(Kind.HEARTBEAT, "", cursor);
    }

    boolean isEvent() {
      return kind == Kind.EVENT && !text.isEmpty();
    }

    boolean isGap() {
      return kind == Kind.GAP;
    }

    boolean isHeartbeat() {
      return kind == Kind.HEARTBEAT;
    }
  }

  enum Kind {
    EVENT,
    GAP,
    HEARTBEAT
  }

  ResumingReader(
      Channel channel, MethodDescriptor<Q, R> method, Q request, Function<R, List<Told>> told) {
    this.told = told;
    call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(this, new Metadata());
    call.request(Integer.MAX_VALUE);
    call.sendMessage(request);
    call.halfClose();
  }

  /** The next thing of a kind; what comes before it is skipped. */
  Told next(Predicate<Told> wanted) {
    try {
      for (Told next = poll(); ; next = poll()) {
        if (wanted.test(next)) {
          return next;
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private Told poll() throws InterruptedException {
    Told next = waiting.poll(60, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came within 60 s; ended: " + end.getNow(null));
    }
    return next;
  }

  /** How the stream ended. */
  Status end() throws Exception {
    return end.get(60, TimeUnit.SECONDS);
  }

  @Override
  public void onMessage(R message) {
    waiting.addAll(told.apply(message));
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    end.complete(status);
  }

  @Override
  public void close() {
    call.cancel("the test has enough", null);
  }
}
