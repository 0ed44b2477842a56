// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.Scope;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** The queues this server has workers at. */
final class QueueWatches {
  private static final long LINGER_MILLIS = 10_000;

  private final QueueStore queues;
  private final Map<String, QueueWatch> watches = new ConcurrentHashMap<>();

  QueueWatches(QueueStore queues) {
    this.queues = queues;
  }

  /** Adds a worker to those of a queue. */
  QueueWatch join(Scope scope, String queue, Worker worker) {
    return watches.compute(
        scope.namespace() + ' ' + queue,
        (name, open) -> {
          QueueWatch watch = open != null ? open : new QueueWatch(queues, scope.detached(), queue);
          watch.add(worker);
          return watch;
        });
  }

  /** Removes a worker; a watch without workers closes some time later. */
  void leave(Scope scope, String queue, QueueWatch watch, Worker worker) {
    watch.remove(worker);
    queues
        .scripts()
        .redis()
        .timer()
        .newTimeout(
            t -> close(scope.namespace() + ' ' + queue, watch),
            LINGER_MILLIS,
            TimeUnit.MILLISECONDS);
  }

  private void close(String name, QueueWatch watch) {
    watches.computeIfPresent(
        name,
        (same, open) -> {
          if (open != watch || !watch.isEmpty()) {
            return open;
          }
          watch.close();
          return null;
        });
  }
}
