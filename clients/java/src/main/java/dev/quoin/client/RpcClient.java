// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * How the clients that are generated from the contract, one for each service, make their calls.
 * Each RPC is a method; those that wait throw what the futures of those that end in {@code Async}
 * fail with, always a {@link QuoinException}, and end the call when their thread is interrupted.
 */
abstract class RpcClient {
  final ClientCore core;
  private final Duration deadline;

  /**
   * @param deadline of unary calls
   */
  RpcClient(ClientCore core, Duration deadline) {
    this.core = core;
    this.deadline = deadline;
  }

  final <Q, R> R call(MethodDescriptor<Q, R> method, Q request) {
    return Futures.await(callAsync(method, request));
  }

  final <Q, R> CompletableFuture<R> callAsync(MethodDescriptor<Q, R> method, Q request) {
    return core.call(method, request, deadline);
  }

  final <Q, R> Responses<R> stream(MethodDescriptor<Q, R> method, Q request) {
    return new Responses<>(core.channel(), method, request);
  }

  final <Q, R> ResumableStream<Q, R> watch(
      MethodDescriptor<Q, R> method, Q request, Consumer<R> listener) {
    return new ResumableStream<>(core, method, () -> request, listener).open();
  }

  static <B> B filled(B builder, Consumer<B> request) {
    request.accept(builder);
    return builder;
  }
}
