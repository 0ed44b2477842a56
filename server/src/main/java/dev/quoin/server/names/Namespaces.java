// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The namespaces in use, so that they can be listed. */
public final class Namespaces {
  private static final Duration KEEP = Duration.ofDays(40);
  private static final String EVERYWHERE = "-";
  private static final CompletionStage<Void> USED = CompletableFuture.completedStage(null);

  private final NameIndex index;
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();

  public Namespaces(Scripts scripts, String keyPrefix) {
    this.index = new NameIndex(scripts, new Keyspace(keyPrefix, "namespaces"), KEEP);
  }

  /**
   * Records that a namespace is in use, at leisure: the call that uses it does not wait for that.
   * What cannot be recorded now is recorded by a later call.
   */
  public void use(String namespace) {
    if (index.isRecorded(EVERYWHERE, namespace) || !underWay.add(namespace)) {
      return;
    }
    index
        .record(new RequestContext(EVERYWHERE, null), namespace, USED)
        .whenComplete((recorded, failure) -> underWay.remove(namespace));
  }

  /** The namespaces that begin with a prefix, in byte order, from where a page token says. */
  public CompletionStage<NameIndex.Page> list(
      RequestContext scope, String prefix, int pageSize, String pageToken) {
    RequestContext everywhere =
        new RequestContext(EVERYWHERE, scope.deadline(), scope.seal(), scope.gone());
    return index.list(everywhere, prefix, pageSize, pageToken);
  }
}
