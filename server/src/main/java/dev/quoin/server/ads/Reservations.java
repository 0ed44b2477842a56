// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.maintainers.Maintainer;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Seal;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives reservations back whose events did not come. Every decision does so for a few that are due,
 * so that a busy network needs nobody else; the others are looked after by one of the servers. For
 * that, networks in which something is decided are listed.
 */
final class Reservations {
  private static final Duration PERIOD = Duration.ofSeconds(2);

  /** As long as a reservation can last, with a click: twice the longest window. */
  private static final Duration LISTED = Duration.ofDays(3);

  private static final String EVERYWHERE = "-";
  private static final int NETWORKS_AT_ONCE = 100;
  private static final int DECISIONS_AT_ONCE = 200;
  private static final int ROUNDS = 50;
  private static final CompletionStage<Void> USED = CompletableFuture.completedStage(null);

  private final NameIndex networks;
  private final DecisionStore decisions;
  private final RequestContext everywhere = new RequestContext(EVERYWHERE, null, Seal.random());
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private volatile String next = "";

  Reservations(Kernel kernel, Keyspace keyspace, DecisionStore decisions) {
    this.decisions = decisions;
    this.networks = new NameIndex(kernel.scripts(), keyspace, LISTED);
    new Maintainer(
            kernel.scripts(),
            keyspace,
            kernel.meter(),
            "reservations",
            kernel.queues().server(),
            PERIOD,
            this::sweepSome)
        .start(kernel.timer());
  }

  /** Something is decided in a network. Its caller does not wait until that is listed. */
  void use(RequestContext scope, String network) {
    String name = scope.namespace() + ' ' + network;
    if (networks.isRecorded(EVERYWHERE, name) || !underWay.add(name)) {
      return;
    }
    networks
        .record(everywhere, name, USED)
        .whenComplete((recorded, failure) -> underWay.remove(name));
  }

  /** Ends what is due in some networks; goes on with the others the next time. */
  CompletionStage<Integer> sweepSome() {
    return networks
        .list(everywhere, "", NETWORKS_AT_ONCE, next)
        .thenCompose(
            page -> {
              next = page.nextPageToken();
              CompletableFuture<Integer> all = CompletableFuture.completedFuture(0);
              for (String name : page.names()) {
                all = all.thenCompose(done -> sweep(name, ROUNDS).thenApply(more -> done + more));
              }
              return all;
            });
  }

  /** Ends what is due in a network, in steps that do not keep Redis from other work for long. */
  private CompletionStage<Integer> sweep(String name, int rounds) {
    int space = name.indexOf(' ');
    RequestContext scope = new RequestContext(name.substring(0, space), null);
    return decisions
        .sweep(scope, name.substring(space + 1), DECISIONS_AT_ONCE)
        .thenCompose(
            done ->
                done < DECISIONS_AT_ONCE || rounds == 1
                    ? CompletableFuture.completedFuture(done)
                    : sweep(name, rounds - 1).thenApply(more -> done + more))
        .exceptionally(failure -> 0);
  }
}
