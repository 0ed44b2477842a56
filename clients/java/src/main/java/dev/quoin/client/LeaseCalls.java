// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.ClientCall;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/** The calls by which something is kept and given back, whatever service it belongs to. */
interface LeaseCalls {
  String name();

  /** In whole milliseconds. */
  Duration lease();

  /** How many permits; 1 for what there is one of. */
  int permits();

  /** Renews the lease and tells its new end. */
  CompletableFuture<Instant> renew(String token, Duration within);

  CompletableFuture<?> release(String token, Duration within);

  /** Gives back what a request was, or will be, granted. */
  CompletableFuture<?> releaseRequest(String requestId, Duration within);

  /**
   * Opens a stream that holds it.
   *
   * @param token of the grant to go on with; empty to ask for a new one
   * @param events told what happens
   */
  ClientCall<?, ?> hold(String token, HoldStream events);
}
