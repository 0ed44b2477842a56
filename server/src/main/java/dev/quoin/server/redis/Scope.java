// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.grpc.Deadline;

/**
 * For whom something is done in Redis and until when.
 *
 * @param namespace whose data
 * @param deadline when the answer is of no use any more; null when there is no such time
 * @param seal seals what the caller is handed out to bring back; null for work that has no caller
 */
public record Scope(String namespace, Deadline deadline, Seal seal) {

  /** The scope of work that has no caller. */
  public Scope(String namespace, Deadline deadline) {
    this(namespace, deadline, null);
  }

  /** The same namespace for work that outlives the call it was begun by. */
  public Scope detached() {
    return deadline == null ? this : new Scope(namespace, null, seal);
  }
}
