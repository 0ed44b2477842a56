// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.redis.PubSub;
import dev.quoin.server.redis.SharedSubscriptions;
import io.netty.util.Timer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.LongConsumer;

/**
 * The queues in which callers of this server wait.
 *
 * <p>Waiters stand in Redis in the order of arrival. The script that frees a resource grants it to
 * the first waiter whose server is alive, and publishes a hint to that server. Nobody polls: a
 * server refreshes each of its queues every 5 seconds, and when a lease would end.
 */
public final class WaitQueues {
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final long LINGER_MILLIS = 10_000;

  private final PubSub pubSub;
  private final Timer timer;
  private final int mostWaiters;
  private final String server;
  private final SharedSubscriptions<WaitQueue> open;
  private final Map<String, Long> held = new ConcurrentHashMap<>();

  /**
   * @param mostWaiters how many may wait in one queue
   */
  public WaitQueues(PubSub pubSub, Timer timer, int mostWaiters) {
    this.pubSub = pubSub;
    this.timer = timer;
    this.mostWaiters = mostWaiters;
    this.open = new SharedSubscriptions<>(timer, LINGER_MILLIS);
    byte[] id = new byte[9];
    RANDOM.nextBytes(id);
    this.server = Base64.getUrlEncoder().encodeToString(id);
  }

  /** The name of this server in the queues, new with every start. */
  public String server() {
    return server;
  }

  int mostWaiters() {
    return mostWaiters;
  }

  /** Whether this server listens to a channel already: joining its queue then takes one step. */
  boolean isOpen(String channel) {
    WaitQueue queue = open.get(channel);
    return queue != null && queue.isListening();
  }

  /**
   * Acquires what a request asks for, or waits for it.
   *
   * @param channel of this server's hints about the resource
   * @param places told the place in the queue when it is known to have changed
   */
  Waiter join(String channel, WaitQueueScripts scripts, LeaseRequest request, LongConsumer places) {
    Waiter waiter = new Waiter(request, places);
    open.join(
            channel,
            opened -> new WaitQueue(scripts, pubSub, opened, timer),
            queue -> queue.add(waiter))
        .join(waiter);
    return waiter;
  }

  void held(String feature, String namespace, boolean more) {
    held.merge(feature + ' ' + namespace, more ? 1L : -1L, WaitQueues::plus);
  }

  /** What nobody holds is forgotten. */
  private static Long plus(Long count, Long change) {
    return count + change == 0 ? null : count + change;
  }

  /** How many leases open streams of this server hold, by feature and namespace with a space. */
  public Map<String, Long> held() {
    return held;
  }

  /** Tells the channel of each queue and how many callers of this server wait in it. */
  public void sizes(BiConsumer<String, Integer> sizes) {
    open.forEach((channel, queue) -> sizes.accept(channel, queue.size()));
  }

  /** How many queues this server keeps open. */
  public int open() {
    return open.size();
  }
}
