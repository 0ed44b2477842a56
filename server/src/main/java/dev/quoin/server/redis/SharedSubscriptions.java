// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The channels this server listens to, one subscription each. One is opened for its first user and
 * closed some time after the last has left, so that users who come and go cost one subscription.
 *
 * @param <T> what listens to a channel
 */
public final class SharedSubscriptions<T extends SharedSubscription> {
  private final Timer timer;
  private final long lingerMillis;
  private final Map<String, T> open = new ConcurrentHashMap<>();

  /**
   * @param lingerMillis how long at least a subscription is kept that nobody uses; at most twice as
   *     long
   */
  public SharedSubscriptions(Timer timer, long lingerMillis) {
    this.timer = timer;
    this.lingerMillis = lingerMillis;
  }

  /**
   * Joins the users of a channel.
   *
   * @param opener makes what listens to the channel, for the first user
   * @param join makes the user known to it, so that it is no longer unused
   */
  public T join(String channel, Function<String, T> opener, Consumer<T> join) {
    return open.compute(
        channel,
        (same, existing) -> {
          T joined = existing != null ? existing : open(channel, opener);
          joined.wasUnused = false;
          join.accept(joined);
          return joined;
        });
  }

  /** What listens to a channel, or null when nobody does. */
  public T get(String channel) {
    return open.get(channel);
  }

  /** Looks at what listens to each channel. */
  public void forEach(BiConsumer<String, T> look) {
    open.forEach(look);
  }

  /** How many channels this server listens to. */
  public int size() {
    return open.size();
  }

  private T open(String channel, Function<String, T> opener) {
    T opened = opener.apply(channel);
    checkLater(opened);
    return opened;
  }

  private void checkLater(T subscription) {
    timer.newTimeout(t -> check(subscription), lingerMillis, TimeUnit.MILLISECONDS);
  }

  /** Closes what was unused at two checks in a row and was not joined in between. */
  private void check(T subscription) {
    T left =
        open.computeIfPresent(
            subscription.channel(),
            (channel, existing) -> {
              boolean unused = existing.isUnused();
              if (unused && existing.wasUnused) {
                existing.close();
                return null;
              }
              existing.wasUnused = unused;
              return existing;
            });
    if (left != null) {
      checkLater(left);
    }
  }
}
