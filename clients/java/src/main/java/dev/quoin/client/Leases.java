// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Message;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Leases of one service: by single calls, renewed by this process, or by a call that stays open,
 * renewed by the server. A feature says what it asks for in a request of Hold.
 */
record Leases(ClientCore core, LeaseRpcs rpcs) {

  /**
   * Acquires a lease with a call, waiting for it as long as that; empty when it was not granted.
   */
  CompletableFuture<Optional<LeaseHandle>> acquire(Message ask, Duration wait) {
    LeaseCalls calls = calls(ask);
    String id = UUID.randomUUID().toString();
    long sent = System.nanoTime();
    return Acquisition.acquire(
        core,
        LeaseCalls.typed(rpcs.acquire()),
        calls.acquire(wait, id),
        core.patience(wait),
        List.of(calls.giveBack(id)),
        response ->
            (Boolean) Fields.get(response, "acquired")
                ? LeaseRenewal.keep(core, calls, Grant.of(response), sent).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty()),
        handle -> handle.ifPresent(LeaseHandle::closeAsync));
  }

  /** Holds a lease with a call that stays open, waiting for it as long as it takes. */
  CompletableFuture<LeaseHandle> hold(Message ask, LongConsumer onWaiting) {
    CompletableFuture<LeaseHandle> outcome = new HoldCall(core, calls(ask), onWaiting).begin();
    return Futures.handOver(outcome, outcome, LeaseHandle::closeAsync);
  }

  LeaseCalls calls(Message ask) {
    return new LeaseCalls(core, rpcs, ask);
  }

  /** Works with a lease that may have been acquired. Returns whether it was. */
  static boolean run(Optional<LeaseHandle> acquired, Consumer<LeaseHandle> work) {
    acquired.ifPresent(
        handle -> {
          try (handle) {
            work.accept(handle);
          }
        });
    return acquired.isPresent();
  }
}
