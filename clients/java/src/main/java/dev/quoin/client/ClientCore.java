// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * What all helpers of one client share: the channel, the clock for renewals, the threads of the
 * caller's listeners, and the list of what is open.
 */
final class ClientCore {
  private static final Duration LONGEST_WAIT = Duration.ofDays(1);

  private final Channel channel;
  private final Duration deadline;
  private final String address;
  private final Executor listeners;
  private final ScheduledExecutorService clock;
  private final Map<Object, Supplier<CompletableFuture<Void>>> open = new ConcurrentHashMap<>();
  private final Set<CompletableFuture<?>> background = ConcurrentHashMap.newKeySet();
  private volatile boolean closing;

  /**
   * @param address of the servers, as the caller wrote it
   * @param deadline of unary calls that say nothing else
   * @param listeners runs the listeners of callers, which may block
   * @param clock runs what comes later, which must not block
   */
  ClientCore(
      Channel channel,
      String address,
      Duration deadline,
      Executor listeners,
      ScheduledExecutorService clock) {
    this.channel = channel;
    this.address = address;
    this.deadline = deadline;
    this.listeners = listeners;
    this.clock = clock;
  }

  Channel channel() {
    return channel;
  }

  /** The servers, as the caller wrote it. */
  String address() {
    return address;
  }

  Duration deadline() {
    return deadline;
  }

  /** How long a call that waits may take; waits longer than a day are refused anyway. */
  Duration patience(Duration wait) {
    return deadline.plus(wait.compareTo(LONGEST_WAIT) < 0 ? wait : LONGEST_WAIT);
  }

  Executor listeners() {
    return listeners;
  }

  /**
   * Notes what is to be closed, at the latest when the client is.
   *
   * @throws ClosedException when that is the case already; the resource is closed then
   */
  void opened(Object resource, Supplier<CompletableFuture<Void>> close) {
    open.put(resource, close);
    if (closing && open.remove(resource, close)) {
      close.get();
      throw Failure.closedException();
    }
  }

  /** Notes what the end of the client waits for, within its limit. */
  void awaited(CompletableFuture<?> job) {
    background.add(job);
    job.whenComplete((done, failure) -> background.remove(job));
  }

  void closed(Object resource) {
    open.remove(resource);
  }

  /**
   * Closes all that is open and lets nothing more be opened; completes when that is done or has
   * failed, and so have the jobs in the background.
   */
  CompletableFuture<Void> closeAll() {
    closing = true;
    return all(open.values().stream().map(Supplier::get))
        .handle((done, failure) -> all(background.stream()))
        .thenCompose(jobs -> jobs);
  }

  private static CompletableFuture<Void> all(Stream<? extends CompletableFuture<?>> futures) {
    return CompletableFuture.allOf(futures.toArray(CompletableFuture<?>[]::new));
  }

  /** Makes a call within the default deadline. */
  <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request) {
    return call(method, request, deadline);
  }

  /** Makes a call. Ending the future early cancels it. */
  <Q, R> CompletableFuture<R> call(MethodDescriptor<Q, R> method, Q request, Duration within) {
    ClientCall<Q, R> call =
        channel.newCall(
            method, CallOptions.DEFAULT.withDeadlineAfter(within.toNanos(), TimeUnit.NANOSECONDS));
    CompletableFuture<R> answer = new CompletableFuture<>();
    ClientCalls.asyncUnaryCall(call, request, new Answer<>(answer));
    answer.whenComplete(
        (response, failure) -> {
          // Without effect when it is the call that has failed.
          if (failure != null) {
            call.cancel("the caller does not want the answer any more", null);
          }
        });
    return answer;
  }

  /** Makes a call with several requests and one response, within the default deadline. */
  <Q, R> CompletableFuture<R> send(MethodDescriptor<Q, R> method, List<Q> requests) {
    ClientCall<Q, R> call =
        channel.newCall(
            method,
            CallOptions.DEFAULT.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS));
    CompletableFuture<R> answer = new CompletableFuture<>();
    StreamObserver<Q> sender = ClientCalls.asyncClientStreamingCall(call, new Answer<>(answer));
    requests.forEach(sender::onNext);
    sender.onCompleted();
    return answer;
  }

  /** Opens a stream of responses. */
  <Q, R> ClientCall<Q, R> stream(
      MethodDescriptor<Q, R> method, Q request, StreamObserver<R> events) {
    ClientCall<Q, R> call = channel.newCall(method, CallOptions.DEFAULT);
    ClientCalls.asyncServerStreamingCall(call, request, events);
    return call;
  }

  /** Opens a stream in both directions. */
  <Q, R> StreamObserver<Q> exchange(MethodDescriptor<Q, R> method, StreamObserver<R> events) {
    return ClientCalls.asyncBidiStreamingCall(channel.newCall(method, CallOptions.DEFAULT), events);
  }

  ScheduledFuture<?> after(Duration delay, Runnable action) {
    try {
      return clock.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      throw Failure.closedException();
    }
  }

  private record Answer<R>(CompletableFuture<R> future, Object[] response)
      implements StreamObserver<R> {
    Answer(CompletableFuture<R> future) {
      this(future, new Object[1]);
    }

    @Override
    public void onNext(R value) {
      response[0] = value;
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(QuoinException.from(failure));
    }

    @Override
    @SuppressWarnings("unchecked")
    public void onCompleted() {
      if (response[0] == null) {
        onError(Status.INTERNAL.withDescription("no response was sent").asRuntimeException());
      } else {
        future.complete((R) response[0]);
      }
    }
  }
}
