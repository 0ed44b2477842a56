// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;

/**
 * Repeats unary calls that met UNAVAILABLE, where that is safe, until their deadline. gRPC would
 * give up after five attempts, which is less time than a server needs to restart.
 */
final class Repeats implements ClientInterceptor {
  private final ScheduledExecutorService clock;
  private final Executor threads;

  /**
   * @param clock runs the attempts
   * @param threads tells callers that have no executor of their own
   */
  Repeats(ScheduledExecutorService clock, Executor threads) {
    this.clock = clock;
    this.threads = threads;
  }

  @Override
  public <Q, R> ClientCall<Q, R> interceptCall(
      MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
    if (!Retries.isSafe(method) || options.getDeadline() == null) {
      return next.newCall(method, options);
    }
    Executor executor = options.getExecutor() == null ? threads : options.getExecutor();
    return new RepeatedCall<>(method, options, next, clock, executor);
  }
}
