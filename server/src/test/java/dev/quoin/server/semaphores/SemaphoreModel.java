// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** What a semaphore promises, in the plainest way. */
final class SemaphoreModel {
  /** Somebody who asked. */
  static final class Party {
    final int number;
    final int permits;

    Party(int number, int permits) {
      this.number = number;
      this.permits = permits;
    }

    @Override
    public String toString() {
      return "#" + number + " for " + permits;
    }
  }

  final List<Party> holders = new ArrayList<>();
  final Deque<Party> line = new ArrayDeque<>();

  /** Everybody who was granted permits, in that order. */
  final List<Party> granted = new ArrayList<>();

  /** Those in line who were refused because the limit had become too low. */
  final List<Party> refused = new ArrayList<>();

  private int limit;

  SemaphoreModel(int limit) {
    this.limit = limit;
  }

  int limit() {
    return limit;
  }

  long inUse() {
    return holders.stream().mapToLong(party -> party.permits).sum();
  }

  void limit(int newLimit) {
    limit = newLimit;
    serve();
  }

  /** Whether permits are taken without waiting. */
  boolean take(Party party) {
    if (!line.isEmpty() || inUse() + party.permits > limit) {
      return false;
    }
    grant(party);
    return true;
  }

  void join(Party party) {
    line.add(party);
    serve();
  }

  void leave(Party party) {
    line.remove(party);
    serve();
  }

  void end(Party party) {
    holders.remove(party);
    serve();
  }

  private void serve() {
    while (!line.isEmpty()) {
      Party head = line.peek();
      if (head.permits > limit) {
        refused.add(line.remove());
      } else if (inUse() + head.permits <= limit) {
        grant(line.remove());
      } else {
        return;
      }
    }
  }

  private void grant(Party party) {
    holders.add(party);
    granted.add(party);
  }
}
