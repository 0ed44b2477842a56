// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;
import java.util.Collection;

/**
 * What a service says on the stream of a worker; {@link Worker} does the rest.
 *
 * @param <Q> requests
 * @param <R> responses
 * @param <T> tasks
 */
interface WorkMessages<Q, R, T> {
  MethodDescriptor<Q, R> method();

  /** Names the worker in the log. */
  String worker();

  String id(T task);

  String token(T task);

  /**
   * The first request of a stream.
   *
   * @param held the tasks the worker has from earlier streams
   * @param credits how many more it takes
   */
  Q open(Collection<T> held, int credits);

  /** One more task may come. */
  Q credit();

  /** A task is begun. */
  Q started(T task);

  /** Does a task. Returns what became of it, and never throws. */
  Q perform(T task);

  /** A task is to stop. */
  void stop(T task);

  /** Tells the worker what a response says. */
  void read(R response, Worker<Q, R, T> worker);
}
