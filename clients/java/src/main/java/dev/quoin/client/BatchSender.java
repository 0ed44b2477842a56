// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Sends what has been collected, at intervals, over a stream that answers every request. What was
 * not answered when a stream breaks is sent again over the next one; requests carry ids, so that
 * nothing is done twice.
 */
final class BatchSender<Q, R> {
  private static final Logger LOG = Logger.getLogger(BatchSender.class.getName());

  /** How many requests may wait for their answers; what comes is collected meanwhile. */
  private static final int AHEAD = 8;

  /** Servers remember the ids of requests for ten minutes. */
  private static final long REPEATABLE_NANOS = TimeUnit.MINUTES.toNanos(9);

  private static final Duration PAUSE = Duration.ofSeconds(2);

  private final ClientCore core;
  private final MethodDescriptor<Q, R> method;
  private final Duration period;
  private final Supplier<Q> source;
  private final Answers<Q, R> answers;
  private final StreamLog log;
  private final Deque<Sent<Q>> unanswered = new ArrayDeque<>();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private Stream stream;
  private int failures;
  private boolean pausing;
  private boolean closing;

  /** Told what became of requests. Must not block. */
  interface Answers<Q, R> {
    void answered(Q request, R response);

    /** A request was given up: it is bad, or could not be sent in time, or the client ends. */
    void lost(Q request);
  }

  private record Sent<Q>(Q request, long at) {}

  /** How often in a row a request may end a stream with an error that no server explains. */
  private static final int MOST_FAILURES = 5;

  /**
   * @param source the next request; null when nothing is collected
   */
  BatchSender(
      ClientCore core,
      MethodDescriptor<Q, R> method,
      Duration period,
      Supplier<Q> source,
      Answers<Q, R> answers) {
    this.core = core;
    this.method = method;
    this.period = period;
    this.source = source;
    this.answers = answers;
    this.log = new StreamLog(method.getFullMethodName(), core.address());
  }

  void start() {
    core.opened(this, this::close);
    tick();
  }

  /** Sends what is collected as far as it may be sent now. */
  synchronized void push() {
    while (!pausing && unanswered.size() < AHEAD) {
      Q request = source.get();
      if (request == null) {
        break;
      }
      unanswered.add(new Sent<>(request, System.nanoTime()));
      if (stream == null) {
        open();
      } else {
        stream.requests.onNext(request);
      }
    }
    if (closing && !pausing && unanswered.isEmpty()) {
      end();
    }
  }

  /** Sends all that is collected; done when it is answered. */
  CompletableFuture<Void> close() {
    synchronized (this) {
      closing = true;
    }
    push();
    return drained;
  }

  /** Sends all that is collected, but waits no longer than that; gives up what is left then. */
  void close(Duration patience) {
    Futures.settle(close(), patience);
    abandon();
  }

  /** Gives up what is not answered. */
  private synchronized void abandon() {
    while (!unanswered.isEmpty()) {
      answers.lost(unanswered.poll().request());
    }
    for (Q request = source.get(); request != null; request = source.get()) {
      answers.lost(request);
    }
    end();
  }

  private void tick() {
    push();
    synchronized (this) {
      if (!drained.isDone()) {
        later(period, this::tick);
      }
    }
  }

  private void later(Duration delay, Runnable action) {
    try {
      core.after(delay, action);
    } catch (ClosedException e) {
      // The client is closed: there is no later.
      abandon();
    }
  }

  private void end() {
    core.closed(this);
    if (stream != null) {
      stream.requests.onCompleted();
      stream = null;
    }
    drained.complete(null);
  }

  /** Opens a stream and sends what was not answered over the one before. */
  private void open() {
    stream = new Stream();
    stream.requests = core.exchange(method, stream);
    unanswered.forEach(sent -> stream.requests.onNext(sent.request()));
  }

  private synchronized void answered(Stream from, R response) {
    if (from == stream && !unanswered.isEmpty()) {
      failures = 0;
      log.alive();
      answers.answered(unanswered.poll().request(), response);
      push();
    }
  }

  private synchronized void broken(Stream from, QuoinException failure) {
    if (from != stream) {
      return;
    }
    stream = null;
    boolean isUnexpected =
        failure.code() == Status.Code.INTERNAL || failure.code() == Status.Code.UNKNOWN;
    failures += isUnexpected ? 1 : 0;
    if (!unanswered.isEmpty() && (Retries.isInVain(failure) || failures == MOST_FAILURES)) {
      LOG.log(
          Level.WARNING,
          "{0}: a request that no server accepts is given up: {1}",
          new Object[] {method.getFullMethodName(), failure.getMessage()});
      answers.lost(unanswered.poll().request());
      failures = 0;
    } else {
      log.broken(failure);
    }
    pausing = true;
    later(Retries.pause(PAUSE), this::resume);
  }

  private void resume() {
    synchronized (this) {
      pausing = false;
      if (drained.isDone()) {
        return;
      }
      long now = System.nanoTime();
      while (!unanswered.isEmpty() && now - unanswered.peek().at() > REPEATABLE_NANOS) {
        answers.lost(unanswered.poll().request());
      }
      if (!unanswered.isEmpty()) {
        open();
      }
    }
    push();
  }

  /** One call. */
  private final class Stream implements StreamObserver<R> {
    private StreamObserver<Q> requests;

    @Override
    public void onNext(R response) {
      answered(this, response);
    }

    @Override
    public void onError(Throwable failure) {
      broken(this, QuoinException.from(failure));
    }

    @Override
    public void onCompleted() {
      onError(Status.UNAVAILABLE.asRuntimeException());
    }
  }
}
