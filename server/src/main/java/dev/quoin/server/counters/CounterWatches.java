// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.Scope;
import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The counters that callers of this server watch. */
final class CounterWatches {
  private final CounterStore counters;
  private final Channels channels;
  private final Timer timer;
  private final Map<String, CounterWatch> watches = new ConcurrentHashMap<>();

  CounterWatches(CounterStore counters, Channels channels, Timer timer) {
    this.counters = counters;
    this.channels = channels;
    this.timer = timer;
  }

  /** Watches a counter until the watcher is taken out. */
  void add(Scope scope, String name, CounterWatcher watcher) {
    watches
        .compute(
            counters.channel(scope, name),
            (key, open) -> {
              CounterWatch watch = open != null ? open : open(scope, name);
              watch.add(watcher);
              return watch;
            })
        .begin();
  }

  /** Takes a watcher out. */
  void remove(Scope scope, String name, CounterWatcher watcher) {
    watches.computeIfPresent(
        counters.channel(scope, name), (key, open) -> open.remove(watcher) ? null : open);
  }

  private CounterWatch open(Scope scope, String name) {
    return new CounterWatch(
        counters, channels, timer, scope, name, watcher -> remove(scope, name, watcher));
  }
}
