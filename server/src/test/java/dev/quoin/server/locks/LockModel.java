// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import java.util.ArrayList;
import java.util.List;

/**
 * What a lock with readers and writers is, without Redis, leases and servers: who holds it and who
 * stands in line.
 */
final class LockModel<P extends LockModel.Party> {
  /** Somebody who wants the lock. */
  interface Party {
    boolean reads();
  }

  final List<P> holders = new ArrayList<>();
  final List<P> line = new ArrayList<>();

  /** Whether somebody who does not wait would get the lock. */
  boolean admits(boolean reads) {
    return line.isEmpty() && (holders.isEmpty() || reads && isShared());
  }

  boolean isShared() {
    return !holders.isEmpty() && holders.get(0).reads();
  }

  /** Takes the lock or joins the line; returns who holds the lock because of it. */
  List<P> arrive(P party) {
    line.add(party);
    return serve();
  }

  /** Stops to hold or to wait; returns who holds the lock because of it. */
  List<P> leave(P party) {
    holders.remove(party);
    line.remove(party);
    return serve();
  }

  /** Lets in who may go on; returns who holds the lock because of it. */
  List<P> serve() {
    List<P> served = new ArrayList<>();
    while (!line.isEmpty() && (holders.isEmpty() || line.get(0).reads() && isShared())) {
      P next = line.remove(0);
      holders.add(next);
      served.add(next);
    }
    return served;
  }
}
