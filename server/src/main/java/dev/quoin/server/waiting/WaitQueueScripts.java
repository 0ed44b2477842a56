// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.util.List;
import java.util.concurrent.CompletionStage;

/** How the waiters of a queue get into it, stay in it and leave it. */
interface WaitQueueScripts {
  /**
   * Acquires what a request asks for, or puts it into the queue. Doing it again changes nothing.
   *
   * @param ticket what the waiter had before and keeps its place by, 0 for none
   */
  CompletionStage<AcquireResult> join(LeaseRequest request, long ticket);

  /** Leaves the queue. A grant that was made in the meantime is the result. */
  CompletionStage<AcquireResult> leave(LeaseRequest request);

  /** Leaves the queue and gives back what was granted, however long Redis is away. */
  CompletionStage<AcquireResult> giveBack(LeaseRequest request);

  /** Keeps this server's waiters alive and tells how things stand with some of one queue. */
  CompletionStage<Refreshed> refresh(List<LeaseRequest> waiters);

  /**
   * How things stand with a queue.
   *
   * @param untilFreeMillis when a lease ends, 0 when that is not known
   * @param more whether there is more to hand over than one script does
   * @param waiters how things stand with each waiter asked about
   */
  record Refreshed(long untilFreeMillis, boolean more, List<Place> waiters) {}

  /**
   * How things stand with a waiter.
   *
   * @param place in the queue, 0 when it is not in it
   * @param grant what it was granted, or null
   */
  record Place(long place, Grant grant) {}
}
