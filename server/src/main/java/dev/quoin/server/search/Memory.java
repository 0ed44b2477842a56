// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.concurrent.atomic.AtomicLong;

/** How many bytes the queries under way hold of what they have read, and how many they may. */
final class Memory {
  private final long most;
  private final AtomicLong held = new AtomicLong();

  Memory(long most) {
    this.most = most;
  }

  /** An eighth of what the JVM may use. */
  static Memory ofHeap() {
    return new Memory(Runtime.getRuntime().maxMemory() / 8);
  }

  void add(long bytes) {
    held.addAndGet(bytes);
  }

  boolean hasRoom() {
    return held.get() < most;
  }
}
