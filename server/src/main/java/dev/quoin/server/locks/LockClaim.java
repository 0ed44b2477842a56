// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.waiting.Claim;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.Loss;
import dev.quoin.server.waiting.Revocation;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Waiter;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** A lock, claimed by a call. */
record LockClaim(LockStore locks, Demand demand) implements Claim {
  @Override
  public Scope scope() {
    return demand.scope();
  }

  @Override
  public String token() {
    return demand.token();
  }

  @Override
  public long leaseMillis() {
    return demand.leaseMillis();
  }

  @Override
  public CompletionStage<Standing> take() {
    return locks.acquire(demand);
  }

  @Override
  public boolean isAwaitedHere() {
    return locks.isAwaitedHere(demand);
  }

  @Override
  public Waiter join(LongConsumer places) {
    return locks.join(demand, places);
  }

  @Override
  public CompletionStage<Standing> remember(Standing granted) {
    locks.noteUse(demand);
    return demand.terms().requestId().isEmpty()
        ? CompletableFuture.completedFuture(granted)
        : locks.remember(demand, granted);
  }

  @Override
  public CompletionStage<Grant> resume() {
    return locks.resume(demand);
  }

  @Override
  public CompletionStage<Grant> renew(Scope scope) {
    return locks.renew(demand, scope);
  }

  @Override
  public void giveBack() {
    locks.giveBack(demand);
  }

  @Override
  public Optional<Loss> lossBy(Refusal refusal) {
    return switch (refusal.reason()) {
      case ERROR_REASON_LOCK_NOT_HELD -> Optional.of(Loss.of(Loss.Cause.NOT_HELD));
      case ERROR_REASON_LOCK_FORCED ->
          Optional.of(new Loss(Loss.Cause.REVOKED, Revocation.of(refusal)));
      default -> Optional.empty();
    };
  }
}
