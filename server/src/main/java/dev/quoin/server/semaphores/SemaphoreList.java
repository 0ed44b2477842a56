// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** Finds semaphores by their names, and tells about each: one script per semaphore found. */
final class SemaphoreList {
  private final ActiveNames names;
  private final SemaphoreAdmin admin;

  SemaphoreList(ActiveNames names, SemaphoreAdmin admin) {
    this.names = names;
    this.admin = admin;
  }

  /** A semaphore that was found. */
  record Found(String name, SemaphoreAdmin.State state) {}

  /**
   * Some semaphores.
   *
   * @param nextPageToken empty when this is the last one
   */
  record Page(List<Found> found, String nextPageToken) {}

  /** The semaphores whose names begin with a prefix, from where a page token says. */
  CompletionStage<Page> page(RequestContext scope, String prefix, int size, String pageToken) {
    return names.list(scope, prefix, size, pageToken).thenCompose(page -> tellAbout(scope, page));
  }

  private CompletionStage<Page> tellAbout(RequestContext scope, NameIndex.Page page) {
    CompletionStage<List<Found>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (String name : page.names()) {
      all = all.thenCombine(look(scope, name), SemaphoreList::with);
    }
    return all.thenApply(found -> new Page(found, page.nextPageToken()));
  }

  /** A semaphore as it is now; null when it is gone since it was found. */
  private CompletionStage<Found> look(RequestContext scope, String name) {
    return admin
        .get(scope, name, 0, "")
        .handle(
            (state, failure) -> {
              if (failure == null) {
                return new Found(name, state);
              }
              if (ErrorMapper.refusal(failure) instanceof ApiException refusal
                  && refusal.reason() == ErrorReason.ERROR_REASON_SEMAPHORE_NOT_FOUND) {
                return null;
              }
              throw new CompletionException(failure);
            });
  }

  private static List<Found> with(List<Found> found, Found one) {
    if (one != null) {
      found.add(one);
    }
    return found;
  }
}
