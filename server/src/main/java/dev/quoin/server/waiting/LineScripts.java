// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The line of one thing in Redis, as far as it concerns all who wait in it. */
public interface LineScripts {
  /** The channel on which this server hears of grants; also the identity of the line. */
  String channel();

  /** Keeps this server's waiters alive and tells how things stand with some of them. */
  CompletionStage<Tending> tend(List<Waiter> waiters);

  /**
   * How things stand with a line.
   *
   * @param leftMillis in how many milliseconds the thing may become free by itself, 0 if it is, -1
   *     if there is more to hand over than is done in one go
   * @param grants the grants there are now, by token
   * @param places place in line of each waiter asked about, 0 when it is not in line
   */
  record Tending(long leftMillis, Map<String, Grant> grants, List<Long> places) {}
}
