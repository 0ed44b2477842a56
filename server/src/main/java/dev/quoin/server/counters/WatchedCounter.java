// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.Watched;
import java.util.concurrent.CompletionStage;

/**
 * A counter that is watched. Loading it has the next change hinted, and only that one: so a counter
 * costs as many hints as loads, however often it is incremented, and none when nobody watches.
 *
 * @param scope whose counter
 */
record WatchedCounter(CounterStore counters, RequestContext scope, String name)
    implements Watched<CounterView> {
  /** How long a counter that does not exist remembers that it is watched. */
  private static final long KEEP_MILLIS = 60_000;

  @Override
  public String channel() {
    return counters.channel(scope, name);
  }

  @Override
  public CompletionStage<Look<CounterView>> load(CounterView known) {
    return counters.look(scope, name, KEEP_MILLIS).thenApply(Look::at);
  }
}
