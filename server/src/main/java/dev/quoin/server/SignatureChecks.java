// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Principal;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;

/** Checks the signatures of JWTs beside the event loops; a bounded number of them waits. */
final class SignatureChecks implements Function<Supplier<Principal>, CompletableFuture<Principal>> {
  /** Of all the same: enough not to be done at once. */
  private static final long COST = 10_000;

  /** Callers with the same token wait for one check: it is done whoever of them has gone. */
  private static final RequestContext ANYBODY = new RequestContext("", null);

  private final Workers workers = new Workers("quoin-signatures");

  @Override
  public CompletableFuture<Principal> apply(Supplier<Principal> check) {
    return workers.compute(ANYBODY, COST, check);
  }
}
