// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/** Does the tasks of one kind. */
@FunctionalInterface
public interface TaskHandler {
  /**
   * Does a task. It may be delivered more than once: when this worker dies, or loses its lease,
   * after the work but before that is known. Doing it again must do no harm.
   *
   * @return the result, for who waits for it; null for none
   * @throws TaskFailure to say how the task goes on
   * @throws Exception when the task failed: it is tried again after its backoff, if it may be
   */
  byte[] handle(WorkTask task) throws Exception;
}
