// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Attributes;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Context;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A unary call that is made again when it met UNAVAILABLE, as long as its deadline allows. The
 * listener hears of the last attempt only. An attempt that the deadline ends, after others that met
 * UNAVAILABLE, tells what those met: that is why there was no answer in time.
 */
final class RepeatedCall<Q, R> extends ClientCall<Q, R> {
  /** A pause is cut to fit before the deadline, unless less than this would be left. */
  private static final Duration LAST_CHANCE = Duration.ofMillis(20);

  private final MethodDescriptor<Q, R> method;
  private final CallOptions options;
  private final Channel next;
  private final ScheduledExecutorService clock;
  private final Executor executor;
  private final Context context = Context.current();

  private Listener<R> listener;
  private Metadata headers;
  private int requested;
  private Q message;
  private boolean halfClosed;

  /** The attempt under way; null before the start and in a pause. */
  private ClientCall<Q, R> current;

  private ScheduledFuture<?> pause;
  private int attempts;
  private boolean cancelled;
  private Status unavailable;
  private Metadata unavailableTrailers;

  RepeatedCall(
      MethodDescriptor<Q, R> method,
      CallOptions options,
      Channel next,
      ScheduledExecutorService clock,
      Executor executor) {
    this.method = method;
    this.options = options;
    this.next = next;
    this.clock = clock;
    this.executor = executor;
  }

  @Override
  public synchronized void start(Listener<R> responses, Metadata metadata) {
    listener = responses;
    headers = metadata;
    attempt();
  }

  private synchronized void attempt() {
    if (cancelled) {
      return;
    }
    pause = null;
    attempts++;
    Metadata copy = new Metadata();
    copy.merge(headers);
    // An executor of the caller may tell the end of an attempt before start() returns.
    ClientCall<Q, R> call = next.newCall(method, options);
    current = call;
    call.start(new Attempt(), copy);
    if (requested > 0) {
      call.request(requested);
    }
    if (message != null) {
      call.sendMessage(message);
    }
    if (halfClosed) {
      call.halfClose();
    }
  }

  @Override
  public synchronized void request(int messages) {
    requested += messages;
    if (current != null) {
      current.request(messages);
    }
  }

  @Override
  public synchronized void sendMessage(Q request) {
    message = request;
    if (current != null) {
      current.sendMessage(request);
    }
  }

  @Override
  public synchronized void halfClose() {
    halfClosed = true;
    if (current != null) {
      current.halfClose();
    }
  }

  @Override
  public synchronized void cancel(String text, Throwable cause) {
    cancelled = true;
    if (current != null) {
      current.cancel(text, cause);
    } else if (pause != null) {
      pause.cancel(false);
      pause = null;
      Status status = Status.CANCELLED.withDescription(text).withCause(cause);
      executor.execute(() -> listener.onClose(status, new Metadata()));
    }
  }

  @Override
  public synchronized boolean isReady() {
    return current != null && current.isReady();
  }

  @Override
  public synchronized Attributes getAttributes() {
    return current == null ? Attributes.EMPTY : current.getAttributes();
  }

  /** Whether there will be another attempt after one that met UNAVAILABLE. */
  private synchronized boolean repeats(Status status, Metadata trailers) {
    if (cancelled || status.getCode() != Status.Code.UNAVAILABLE) {
      return false;
    }
    unavailable = status;
    unavailableTrailers = trailers;
    Duration left = Duration.ofNanos(options.getDeadline().timeRemaining(TimeUnit.NANOSECONDS));
    if (left.compareTo(LAST_CHANCE) < 0) {
      return false;
    }
    Duration delay = Retries.pause(attempts, status, trailers);
    Duration fitting = delay.compareTo(left) < 0 ? delay : left.dividedBy(2);
    try {
      pause = clock.schedule(context.wrap(this::attempt), fitting.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      return false; // the client is closed
    }
    current = null;
    return true;
  }

  private final class Attempt extends Listener<R> {
    private Metadata responseHeaders;
    private boolean answered;

    @Override
    public void onHeaders(Metadata received) {
      responseHeaders = received;
    }

    @Override
    public void onMessage(R response) {
      answered = true;
      tellHeaders();
      listener.onMessage(response);
    }

    @Override
    public void onReady() {
      listener.onReady();
    }

    @Override
    public void onClose(Status status, Metadata trailers) {
      if (!answered && repeats(status, trailers)) {
        return;
      }
      tellHeaders();
      boolean inTime = answered || unavailable == null;
      if (!inTime && status.getCode() == Status.Code.DEADLINE_EXCEEDED) {
        listener.onClose(unavailable, unavailableTrailers);
      } else {
        listener.onClose(status, trailers);
      }
    }

    private void tellHeaders() {
      if (responseHeaders != null) {
        listener.onHeaders(responseHeaders);
        responseHeaders = null;
      }
    }
  }
}
