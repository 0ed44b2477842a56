// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.grpc.Deadline;
import java.util.function.BooleanSupplier;

/**
 * On whose behalf Redis is asked, and until when the answer is useful.
 *
 * @param namespace whose data
 * @param deadline when the answer is of no use any more; null when there is no such time
 * @param seal seals what the caller is handed out to bring back; null for work that has no caller
 * @param gone whether nobody waits for the answer any more: then new work that has not been sent is
 *     not sent
 * @param replicas whether scripts that only read may be run on replicas, where there are any: what
 *     was written in the last moments may be missing there, and not at each the same
 * @param trace to which what is done belongs
 */
public record RequestContext(
    String namespace,
    Deadline deadline,
    Seal seal,
    BooleanSupplier gone,
    boolean replicas,
    Trace trace) {
  private static final BooleanSupplier NEVER = () -> false;

  /** The scope of work that has no caller. */
  public RequestContext(String namespace, Deadline deadline) {
    this(namespace, deadline, null);
  }

  /** The scope of a caller who waits until the deadline. */
  public RequestContext(String namespace, Deadline deadline, Seal seal) {
    this(namespace, deadline, seal, NEVER);
  }

  /** The scope of a caller who may go away before the deadline. */
  public RequestContext(String namespace, Deadline deadline, Seal seal, BooleanSupplier gone) {
    this(namespace, deadline, seal, gone, Trace.NONE);
  }

  /** The scope of a caller who is traced. */
  public RequestContext(
      String namespace, Deadline deadline, Seal seal, BooleanSupplier gone, Trace trace) {
    this(namespace, deadline, seal, gone, false, trace);
  }

  /** What all that is asked for one call has in common; null when there is no caller. */
  Object caller() {
    return gone == NEVER ? null : gone;
  }

  /** The same with another deadline. */
  public RequestContext until(Deadline other) {
    return new RequestContext(namespace, other, seal, gone, replicas, trace);
  }

  /** The same, with reads from replicas or from primaries. */
  public RequestContext readingReplicas(boolean allowed) {
    return new RequestContext(namespace, deadline, seal, gone, allowed, trace);
  }

  /** The same namespace for work that outlives the call it was begun by. */
  public RequestContext detached() {
    return deadline == null && gone == NEVER
        ? this
        : new RequestContext(namespace, null, seal, NEVER, trace);
  }
}
