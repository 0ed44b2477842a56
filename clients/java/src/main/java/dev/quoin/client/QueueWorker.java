// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import java.util.concurrent.CompletableFuture;

/**
 * Does tasks with the handlers it was given, until it is closed. A call that breaks is opened again
 * at any server; tasks that are being done are taken along. Never closed, it ends with its {@link
 * Quoin}.
 */
public final class QueueWorker implements AutoCloseable {
  private final Worker<WorkRequest, WorkResponse, WorkTask> worker;
  private final WorkerOptions options;

  QueueWorker(ClientCore core, WorkerOptions options) {
    this.worker = new Worker<>(core, new QueueMessages(options), options.concurrency());
    this.options = options;
  }

  void begin() {
    worker.begin();
  }

  /**
   * Begins no more tasks, waits for those being done and says how they ended; then ends. Tasks that
   * take longer than the options have patience for, and those not begun, go to other workers.
   */
  @Override
  public void close() {
    worker.close(options.patience());
  }

  /** As {@link #close}, without waiting, and with patience for all that is being done. */
  CompletableFuture<Void> closeAsync() {
    return worker.closeAsync();
  }
}
