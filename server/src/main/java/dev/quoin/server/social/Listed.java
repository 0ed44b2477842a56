// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The ids of all users and of all groups of a namespace, for operators. An id is noted before what
 * it names is complete, so that nothing is left out, and taken out when that ends. What was noted
 * and never came to be is taken out by who lists it.
 */
final class Listed {
  private static final Duration FOR_EVER = Duration.ofDays(36_500);

  /** Longer than a creation can take: what is not complete then expires. */
  private static final long CREATION_MILLIS = Duration.ofHours(2).toMillis();

  private final NameIndex users;
  private final NameIndex groups;
  private final Tickets tickets;

  Listed(Scripts scripts, Keyspace keyspace, Tickets tickets) {
    this.users = new NameIndex(scripts, keyspace, "users", FOR_EVER);
    this.groups = new NameIndex(scripts, keyspace, "groups", FOR_EVER);
    this.tickets = tickets;
  }

  private NameIndex index(char kind) {
    return kind == Ref.GROUP ? groups : users;
  }

  CompletionStage<Void> add(RequestContext scope, Ref ref) {
    return index(ref.kind()).addForEver(scope, ref.id());
  }

  /** Takes out what has ended; a list of a user was never in. */
  CompletionStage<Void> remove(Ref ref) {
    return ref.kind() == Ref.LIST
        ? CompletableFuture.completedFuture(null)
        : index(ref.kind()).forget(ref.scope(), ref.id());
  }

  /**
   * A page of what there is.
   *
   * @param nextPageToken empty on the last page
   */
  record Page<T>(List<T> rows, String nextPageToken) {}

  /**
   * A page of users or groups in the order of their ids.
   *
   * @param read answers what some ids name, in their order, null for what is not there
   */
  <T> CompletionStage<Page<T>> page(
      RequestContext scope,
      char kind,
      int pageSize,
      String pageToken,
      Function<List<String>, CompletionStage<List<T>>> read) {
    return index(kind)
        .list(scope, "", pageSize, pageToken)
        .thenCompose(
            page ->
                read.apply(page.names())
                    .thenApply(
                        found -> {
                          List<T> rows = new ArrayList<>();
                          List<String> missing = new ArrayList<>();
                          for (int i = 0; i < found.size(); i++) {
                            if (found.get(i) == null) {
                              missing.add(page.names().get(i));
                            } else {
                              rows.add(found.get(i));
                            }
                          }
                          tidy(scope.detached(), kind, missing);
                          return new Page<>(rows, page.nextPageToken());
                        }));
  }

  /** Ids are never given out again, so what was not created in time is never going to be. */
  private void tidy(RequestContext scope, char kind, List<String> missing) {
    if (missing.isEmpty()) {
      return;
    }
    tickets
        .next()
        .thenAccept(
            now ->
                missing.stream()
                    .filter(id -> millis(id) + CREATION_MILLIS < Tickets.millis(now))
                    .forEach(id -> index(kind).forget(scope, id)));
  }

  private static long millis(String id) {
    return Tickets.millis(Long.parseLong(id));
  }
}
