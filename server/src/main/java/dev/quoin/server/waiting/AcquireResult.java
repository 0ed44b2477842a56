// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.redis.Reply;

/**
 * What became of a request: granted, or not yet.
 *
 * @param grant the grant, or null when there is none
 * @param note what the feature tells about the resource
 * @param untilFreeMillis how long the first lease still runs, 0 when that is not known
 * @param place in the queue, 1 being served next
 * @param ticket keeps the place when the waiter joins the queue again
 * @param more whether there is more to hand over than one script does
 */
public record AcquireResult(
    Grant grant, String note, long untilFreeMillis, long place, long ticket, boolean more) {

  static AcquireResult granted(Grant grant) {
    return new AcquireResult(grant, grant.note(), 0, 0, 0, false);
  }

  /** A request that nobody waits for any more. */
  public static AcquireResult abandoned() {
    return new AcquireResult(null, "", 0, 0, 0, false);
  }

  /** Reads what the scripts that acquire, join and leave return, after the flag that begins it. */
  static AcquireResult read(boolean granted, Reply reply) {
    return granted
        ? granted(new Grant(reply.text(), reply.integer(), reply.integer(), reply.text()))
        : new AcquireResult(
            null, reply.text(), reply.integer(), reply.integer(), reply.integer(), reply.flag());
  }

  public boolean isGranted() {
    return grant != null;
  }
}
