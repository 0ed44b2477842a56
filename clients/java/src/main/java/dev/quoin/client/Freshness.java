// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Timestamp;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** How old what is known is. */
final class Freshness {
  private final CompletableFuture<Void> ready = new CompletableFuture<>();
  private volatile Instant asOf;
  private volatile boolean stale = true;

  /** Something was told. */
  void told(Timestamp time, boolean isStale) {
    asOf = Protos.instant(time);
    stale = isStale;
  }

  /** All of it was told. */
  void complete() {
    ready.complete(null);
  }

  void broken(QuoinException failure) {
    stale = true;
    if (failure instanceof InvalidRequestException) {
      ready.completeExceptionally(failure);
    }
  }

  Optional<Instant> asOf() {
    return Optional.ofNullable(asOf);
  }

  boolean isStale() {
    return stale;
  }

  CompletableFuture<Void> ready() {
    return ready.copy();
  }
}
