// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

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

/** Permits, claimed by a call. */
record SemaphoreClaim(SemaphoreStore semaphores, Demand demand) implements Claim {
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
    return semaphores.acquire(demand);
  }

  @Override
  public boolean isAwaitedHere() {
    return semaphores.isAwaitedHere(demand);
  }

  @Override
  public Waiter join(LongConsumer places) {
    return semaphores.join(demand, places);
  }

  @Override
  public CompletionStage<Standing> remember(Standing granted) {
    semaphores.noteUse(demand);
    return demand.requestId().isEmpty()
        ? CompletableFuture.completedFuture(granted)
        : semaphores.remember(demand, granted);
  }

  @Override
  public CompletionStage<Grant> resume() {
    return semaphores.resume(demand);
  }

  @Override
  public CompletionStage<Grant> renew(Scope scope) {
    return semaphores.renew(demand, scope);
  }

  @Override
  public void giveBack() {
    semaphores.giveBack(demand);
  }

  @Override
  public Optional<Loss> lossBy(Refusal refusal) {
    return switch (refusal.reason()) {
      case ERROR_REASON_SEMAPHORE_NOT_HELD -> Optional.of(Loss.of(Loss.Cause.NOT_HELD));
      case ERROR_REASON_SEMAPHORE_REVOKED ->
          Optional.of(new Loss(Loss.Cause.REVOKED, Revocation.of(refusal)));
      default -> Optional.empty();
    };
  }
}
