// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import java.util.concurrent.CompletionStage;

/**
 * Takes the requests of one call, in order and one at a time.
 *
 * @param <Q> type of the requests
 */
public interface RequestStreamHandler<Q> {
  /**
   * Takes a request that keeps all rules. The call fails when the stage does. A caller may be as
   * many requests ahead of completed stages as the binding says; that is what holds it back.
   */
  CompletionStage<?> take(Q request);

  /**
   * A request was not taken: it broke a rule, or {@link #take} threw. All before it are done, and
   * none follows.
   *
   * @return what the call fails with
   */
  default Throwable refused(Throwable failure) {
    return failure;
  }

  /** The caller sends no more, and all it has sent is done. Not run when the call fails before. */
  void end();
}
