// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.util.concurrent.CompletionStage;

/** What one waiter wants and how it gets into and out of the line. */
public interface Turn {
  /** The token a grant will be held by. */
  String token();

  /** How the waiter is written in the line. */
  String text();

  /**
   * Takes the thing or stands in line for it. Doing it again changes nothing.
   *
   * @param ticket what the waiter had before and keeps its place by, 0 for none
   */
  CompletionStage<Standing> join(long ticket);

  /**
   * Leaves the line. What was granted in the meantime is kept or given back; giving back goes on
   * for as long as Redis is away.
   */
  CompletionStage<Standing> leave(boolean keep);

  /** The place in line is known to have changed. */
  void moved(long place);
}
