// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/** The networks this server decides for. One that is not used is forgotten. */
final class Catalogues {
  private static final long UNUSED_NANOS = TimeUnit.MINUTES.toNanos(10);
  private static final int MOST_NETWORKS = 1_000;
  private static final int MOST_ADS = 500_000;

  private final AdStore store;
  private final Map<String, KnownNetwork> networks = new ConcurrentHashMap<>();
  private final Workers workers = new Workers("quoin-ads");

  /** Makes indexes, one after the other. */
  private final Executor indexer =
      Executors.newSingleThreadExecutor(
          task -> {
            Thread thread = new Thread(task, "quoin-ads-index");
            thread.setDaemon(true);
            return thread;
          });

  Catalogues(AdStore store) {
    this.store = store;
  }

  /** Computes what takes long for a caller. */
  Workers workers() {
    return workers;
  }

  /** The catalogue as it is known, which may be that of a moment ago. */
  CompletionStage<Catalogue> get(RequestContext scope, String network) {
    return known(scope, network).get();
  }

  /** The catalogue as it is now. */
  CompletionStage<Catalogue> fresh(RequestContext scope, String network) {
    return known(scope, network).fresh();
  }

  /** The network has changed up to a revision. */
  void hint(RequestContext scope, String network, long revision) {
    known(scope, network).hint(revision);
  }

  private KnownNetwork known(RequestContext scope, String network) {
    String key = scope.namespace() + ' ' + network;
    KnownNetwork known = networks.get(key);
    if (known != null) {
      return known;
    }
    forgetUnused();
    RequestContext detached = scope.detached();
    return networks.computeIfAbsent(
        key, newOne -> new KnownNetwork(since -> store.changes(detached, network, since), indexer));
  }

  private void forgetUnused() {
    long now = System.nanoTime();
    networks.values().removeIf(network -> now - network.usedAt > UNUSED_NANOS);
    while (networks.size() >= MOST_NETWORKS
        || networks.values().stream().mapToInt(KnownNetwork::size).sum() > MOST_ADS) {
      Map.Entry<String, KnownNetwork> oldest =
          networks.entrySet().stream()
              .min(Comparator.comparingLong(entry -> entry.getValue().usedAt - now))
              .orElseThrow();
      networks.remove(oldest.getKey(), oldest.getValue());
    }
  }
}
