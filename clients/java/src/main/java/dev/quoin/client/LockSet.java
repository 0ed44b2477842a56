// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Several locks that were granted together. Each can be lost, and closed, by itself.
 *
 * @param locks in the order of the names asked for
 */
public record LockSet(List<LeaseHandle> locks) implements AutoCloseable {
  public LockSet {
    locks = List.copyOf(locks);
  }

  /** The lock of a name; there must be one. */
  public LeaseHandle get(String name) {
    return locks.stream().filter(lock -> lock.name().equals(name)).findFirst().orElseThrow();
  }

  /** Whether all of them are held. */
  public boolean isHeld() {
    return locks.stream().allMatch(LeaseHandle::isHeld);
  }

  /**
   * Gives all of them back; tries each even when another cannot be given back.
   *
   * @throws QuoinException as {@link LeaseHandle#close}
   */
  @Override
  public void close() {
    Futures.finish(closeAsync());
  }

  /** Like {@link #close}, without waiting. */
  public CompletableFuture<Void> closeAsync() {
    return CompletableFuture.allOf(
        locks.stream().map(LeaseHandle::closeAsync).toArray(CompletableFuture[]::new));
  }

  /** All or none: when one cannot be kept, the others are given back. */
  static CompletableFuture<LockSet> of(List<CompletableFuture<LeaseHandle>> kept) {
    return CompletableFuture.allOf(kept.toArray(CompletableFuture[]::new))
        .thenApply(done -> new LockSet(kept.stream().map(lock -> lock.getNow(null)).toList()))
        .whenComplete(
            (all, failure) -> {
              if (failure != null) {
                kept.forEach(one -> one.thenAccept(LeaseHandle::closeAsync));
              }
            });
  }
}
