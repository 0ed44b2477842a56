// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Several things under way at once. */
public final class Futures {
  private Futures() {}

  /** Done when all are; fails when one fails. */
  public static CompletableFuture<Void> all(Collection<? extends CompletionStage<?>> stages) {
    return CompletableFuture.allOf(
        stages.stream()
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture[]::new));
  }

  /** What each of them brought, in their order; fails when one fails. */
  public static <T> CompletableFuture<List<T>> each(
      Collection<? extends CompletionStage<T>> stages) {
    return all(stages)
        .thenApply(
            done -> {
              List<T> results = new ArrayList<>(stages.size());
              stages.forEach(stage -> results.add(stage.toCompletableFuture().getNow(null)));
              return results;
            });
  }
}
