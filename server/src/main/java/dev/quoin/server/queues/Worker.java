// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

/** Somebody of this server who takes tasks of a queue. */
interface Worker {
  /** There may be tasks in a queue: asks for them, if it still wants any. */
  void wake(String queue);

  /** Somebody wants a task of a queue to stop; the worker may have it. */
  void cancel(String queue, String taskId);
}
