// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Timestamps;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import java.util.concurrent.CompletionStage;

/**
 * How many tasks a queue has.
 *
 * @param ready those that could start, and those that the limit of their key holds back
 * @param oldestMillis how long the oldest of those has been there
 */
record QueueDepth(long ready, long delayed, long leased, long dead, long oldestMillis) {
  private static final LuaScript DEPTH = LuaScript.load("queues/depth");

  static CompletionStage<QueueDepth> of(QueueStore queues, RequestContext scope, String queue) {
    return queues
        .scripts()
        .run(DEPTH, scope, queues.keys(scope, queue).all())
        .thenApply(QueueDepth::read);
  }

  private static QueueDepth read(Reply reply) {
    long now = reply.integer();
    long ready = reply.integer();
    long delayed = reply.integer();
    long leased = reply.integer();
    long dead = reply.integer();
    long oldest = 0;
    while (reply.hasMore()) {
      oldest = Math.max(oldest, now - Timestamps.toMillis(TaskId.time(reply.text())));
    }
    return new QueueDepth(ready, delayed, leased, dead, oldest);
  }
}
