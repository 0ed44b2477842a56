// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.ApiException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.event.ClusterTopologyChangedEvent;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.cluster.pubsub.StatefulRedisClusterPubSubConnection;
import io.lettuce.core.event.connection.ConnectionActivatedEvent;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Hints between servers, over sharded pub/sub: a script publishes to a channel whose name carries
 * the hash tag of its keys.
 *
 * <p>A hint may be lost, when a connection breaks or a slot moves; listeners are told when that may
 * have happened and then look at the state, which is the truth. Subscriptions are put back after
 * reconnects and after slots moved; on a cluster not by Lettuce, which sends all channels of a node
 * in one command, as if they were of one slot.
 */
public final class PubSub {
  private static final Logger LOG = Logger.getLogger(PubSub.class.getName());
  private static final long RETRY_MILLIS = 250;
  private static final long REPEAT_ALL_MILLIS = 50;

  /** For how long a connection that broke is expected to come back. */
  private static final long RECONNECT_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Who wants the hints of a channel. Called on event loops: must not block. */
  public interface Listener {
    /** A hint arrived. */
    void hint(String payload);

    /** The subscription stands again; hints may have been lost before. */
    void resubscribed();
  }

  /** Finds the connection on which a channel is published. */
  private interface Routes {
    CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> of(String channel);
  }

  private static final class Subscription {
    final Listener listener;
    boolean stood;
    boolean retrying;

    Subscription(Listener listener) {
      this.listener = listener;
    }
  }

  private final Routes routes;
  private final Timer timer;
  private final long timeoutMillis;
  private final Map<String, Subscription> subscriptions = new ConcurrentHashMap<>();
  private final AtomicBoolean repeatsAll = new AtomicBoolean();

  private PubSub(Routes routes, Timer timer, Duration timeout) {
    this.timeoutMillis = timeout.toMillis();
    this.routes = routes;
    this.timer = timer;
  }

  static PubSub onServer(
      StatefulRedisPubSubConnection<String, byte[]> connection, Timer timer, Duration timeout) {
    CompletionStage<StatefulRedisPubSubConnection<String, byte[]>> only =
        CompletableFuture.completedFuture(connection);
    PubSub pubSub = new PubSub(channel -> only, timer, timeout);
    connection.addListener(pubSub.new Receiver());
    return pubSub;
  }

  static PubSub onCluster(
      RedisClusterClient client,
      StatefulRedisClusterPubSubConnection<String, byte[]> connection,
      Timer timer,
      Duration timeout) {
    Routes routes =
        channel -> {
          RedisClusterNode master =
              client.getPartitions().getPartitionBySlot(SlotHash.getSlot(channel));
          return master == null
              ? CompletableFuture.failedFuture(
                  new IllegalStateException("no master serves the slot of " + channel))
              : connection.getConnectionAsync(master.getNodeId());
        };
    PubSub pubSub = new PubSub(routes, timer, timeout);
    connection.setNodeMessagePropagation(true);
    connection.addListener(pubSub.new Receiver());
    client
        .getResources()
        .eventBus()
        .get()
        .filter(
            event ->
                event instanceof ClusterTopologyChangedEvent
                    || event instanceof ConnectionActivatedEvent)
        .subscribe(event -> pubSub.repeatAllSoon());
    return pubSub;
  }

  /**
   * Subscribes to a channel; a channel has one listener at a time. When the connection breaks, the
   * next one is tried. When Redis takes too long, the subscription is given up, and ended should it
   * be made all the same.
   *
   * @return done when every later hint will be heard
   */
  public CompletionStage<Void> subscribe(String channel, Listener listener) {
    Subscription subscription = new Subscription(listener);
    if (subscriptions.putIfAbsent(channel, subscription) != null) {
      throw new IllegalStateException("already subscribed: " + channel);
    }
    CompletableFuture<Void> heard = new CompletableFuture<>();
    Timeout alarm =
        timer.newTimeout(
            t ->
                heard.completeExceptionally(
                    ApiException.storeUnavailable("Redis does not subscribe")),
            timeoutMillis,
            TimeUnit.MILLISECONDS);
    attempt(channel, heard, System.nanoTime() + RECONNECT_NANOS);
    return heard.whenComplete(
        (done, failure) -> {
          alarm.cancel();
          if (failure != null) {
            subscriptions.remove(channel, subscription);
          }
        });
  }

  private void attempt(String channel, CompletableFuture<Void> heard, long end) {
    send(channel)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                heard.complete(null);
              } else if (Failures.isLostConnection(failure)
                  && !heard.isDone()
                  && System.nanoTime() - end < 0) {
                timer.newTimeout(
                    t -> attempt(channel, heard, end), REPEAT_ALL_MILLIS, TimeUnit.MILLISECONDS);
              } else {
                heard.completeExceptionally(Failures.of(failure));
              }
            });
  }

  /** Ends a subscription. */
  public void unsubscribe(String channel) {
    if (subscriptions.remove(channel) != null) {
      end(channel);
    }
  }

  private void end(String channel) {
    routes.of(channel).thenCompose(connection -> connection.async().sunsubscribe(channel));
  }

  private CompletionStage<Void> send(String channel) {
    return routes
        .of(channel)
        .thenCompose(
            connection -> {
              RedisFuture<Void> sent = connection.async().ssubscribe(channel);
              return sent;
            });
  }

  /** Subscribes once more, until it works or nobody wants the channel any longer. */
  private void repeat(String channel) {
    Subscription subscription = subscriptions.get(channel);
    if (subscription == null) {
      return;
    }
    synchronized (subscription) {
      if (subscription.retrying) {
        return;
      }
      subscription.retrying = true;
    }
    send(channel)
        .whenComplete(
            (done, failure) -> {
              synchronized (subscription) {
                subscription.retrying = false;
              }
              if (failure != null) {
                LOG.log(Level.FINE, "cannot subscribe to " + channel + " yet", failure);
                repeatSoon(channel);
              }
            });
  }

  /** Many connections break and come back together: once for all of them is enough. */
  private void repeatAllSoon() {
    if (repeatsAll.compareAndSet(false, true)) {
      timer.newTimeout(
          t -> {
            repeatsAll.set(false);
            subscriptions.keySet().forEach(this::repeat);
          },
          REPEAT_ALL_MILLIS,
          TimeUnit.MILLISECONDS);
    }
  }

  private void repeatSoon(String channel) {
    timer.newTimeout(t -> repeat(channel), RETRY_MILLIS, TimeUnit.MILLISECONDS);
  }

  private final class Receiver extends RedisPubSubAdapter<String, byte[]> {
    @Override
    public void smessage(String channel, byte[] payload) {
      Subscription subscription = subscriptions.get(channel);
      if (subscription != null) {
        subscription.listener.hint(new String(payload, StandardCharsets.UTF_8));
      }
    }

    @Override
    public void ssubscribed(String channel, long count) {
      Subscription subscription = subscriptions.get(channel);
      if (subscription == null) {
        // Made after its caller had been told that it was not, or had ended it.
        end(channel);
        return;
      }
      synchronized (subscription) {
        if (!subscription.stood) {
          subscription.stood = true;
          return;
        }
      }
      subscription.listener.resubscribed();
    }

    @Override
    public void sunsubscribed(String channel, long count) {
      // Redis ends a subscription by itself when the slot of the channel leaves the node.
      if (subscriptions.containsKey(channel)) {
        repeatSoon(channel);
      }
    }
  }
}
