// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.SharedSubscriptions;

/** The queues this server has workers at. */
final class QueueWatches {
  private static final long LINGER_MILLIS = 10_000;

  private final QueueStore queues;
  private final SharedSubscriptions<QueueWatch> open;

  QueueWatches(QueueStore queues) {
    this.queues = queues;
    this.open = new SharedSubscriptions<>(queues.scripts().redis().timer(), LINGER_MILLIS);
  }

  /** Adds a worker to those of a queue; a watch without workers closes some time later. */
  QueueWatch join(RequestContext scope, String queue, Worker worker) {
    return open.join(
        QueueWatch.channel(queues, scope, queue),
        channel -> new QueueWatch(queues, scope.detached(), queue),
        watch -> watch.add(worker));
  }
}
