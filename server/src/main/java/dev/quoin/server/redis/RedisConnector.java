// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.ClientOptions.DisconnectedBehavior;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.TimeoutOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.EventLoopGroupProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.handler.flush.FlushConsolidationHandler;
import io.netty.util.Timer;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Promise;
import java.io.File;
import java.time.Duration;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Predicate;

/** Makes the connections to Redis: one for commands and one for hints. */
public final class RedisConnector {
  static final RedisCodec<String, byte[]> CODEC =
      RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
  private static final int FLUSH_EVERY = 128;

  /** What replicas may be asked. */
  private static final Set<ProtocolKeyword> READ_ONLY =
      Set.of(CommandType.EVALSHA_RO, CommandType.EVAL_RO);

  private static final int TRIES_PER_LOOP = 4;

  /** In a cluster the connection to a node is made when a command meets it: it is waited for. */
  private static final int CLUSTER_ATTEMPTS = 10;

  private RedisConnector() {}

  /**
   * Connects and makes sure that this Redis can be used; blocks until that is known.
   *
   * @throws UnusableRedis when it cannot be reached or used
   */
  public static Redis connect(
      RedisAddress address, RedisOptions options, EventLoopGroup loops, Timer timer) {
    // Otherwise a connection is set up for a minute when Redis accepts it and then says nothing.
    address.uris().forEach(uri -> uri.setTimeout(options.silence()));
    AtomicReference<EventLoop> newest = new AtomicReference<>();
    ClientResources resources =
        ClientResources.builder()
            .eventLoopGroupProvider(new SharedLoops(loops))
            .eventExecutorGroup(loops)
            .timer(timer)
            .reconnectDelay(
                Delay.fullJitter(
                    Duration.ofMillis(20), Duration.ofMillis(300), 20, TimeUnit.MILLISECONDS))
            .commandLatencyRecorder(io.lettuce.core.metrics.CommandLatencyRecorder.disabled())
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    newest.set(channel.eventLoop());
                    // What is asked while answers are read goes out together.
                    channel.pipeline().addFirst(new FlushConsolidationHandler(FLUSH_EVERY, true));
                    channel.pipeline().addLast(new HeartbeatHandler(options.silence().toMillis()));
                  }
                })
            .build();
    return address.cluster()
        ? connectCluster(address, options, resources, timer)
        : connectServer(address, options, resources, timer, loops, newest);
  }

  private static Redis connectServer(
      RedisAddress address,
      RedisOptions options,
      ClientResources resources,
      Timer timer,
      EventLoopGroup loops,
      AtomicReference<EventLoop> newest) {
    RedisClient client = RedisClient.create(resources, address.uris().get(0));
    client.setOptions(clientOptions(ClientOptions.builder(), address, options).build());
    return closingOnFailure(
        address,
        client::shutdown,
        resources,
        shutdown -> {
          var connection = client.connect(CODEC);
          refuseUnusable(connection.sync(), address, options, key -> true);
          var pubSub = PubSub.onServer(client.connectPubSub(CODEC), timer, options.timeout());
          Function<String, CommandQueue> queues =
              queues(connection.async(), oneForEachLoop(client, loops, newest), options.bounds());
          return new Redis(
              timer,
              options.timeout(),
              0,
              queues,
              queues,
              pubSub,
              redis -> redis.ping().thenApply("PONG"::equals),
              shutdown);
        });
  }

  /**
   * A connection on every event loop, for the commands sent on that loop: a call then stays on the
   * thread it came in on. After a reconnect a connection may live on another loop, which costs a
   * change of thread and nothing else.
   */
  private static Map<Thread, RedisClusterAsyncCommands<String, byte[]>> oneForEachLoop(
      RedisClient client, EventLoopGroup loops, AtomicReference<EventLoop> newest) {
    Map<EventExecutor, RedisClusterAsyncCommands<String, byte[]>> byLoop = new IdentityHashMap<>();
    Map<Thread, RedisClusterAsyncCommands<String, byte[]>> byThread = new ConcurrentHashMap<>();
    int count = SharedLoops.count(loops);
    for (int tries = 0; byLoop.size() < count && tries < TRIES_PER_LOOP * count; tries++) {
      var connection = client.connect(CODEC);
      EventLoop loop = newest.get();
      if (byLoop.putIfAbsent(loop, connection.async()) == null) {
        loop.execute(() -> byThread.put(Thread.currentThread(), connection.async()));
      } else {
        connection.closeAsync();
      }
    }
    return byThread;
  }

  /** The connection of the thread that asks or, when it has none, one for all of these. */
  private static Function<String, CommandQueue> queues(
      RedisClusterAsyncCommands<String, byte[]> common,
      Map<Thread, RedisClusterAsyncCommands<String, byte[]>> ofThreads,
      CommandQueue.Bounds bounds) {
    CommandQueue commonQueue = new CommandQueue(common, bounds);
    Map<Thread, CommandQueue> queues = new ConcurrentHashMap<>();
    return key -> {
      Thread thread = Thread.currentThread();
      CommandQueue own = queues.get(thread);
      if (own == null && ofThreads.containsKey(thread)) {
        own = queues.computeIfAbsent(thread, t -> new CommandQueue(ofThreads.get(t), bounds));
      }
      return own == null ? commonQueue : own;
    };
  }

  /** A queue for each node: one that does not answer keeps nobody from the others. */
  static Function<String, CommandQueue> queues(
      RedisClusterClient client,
      RedisClusterAsyncCommands<String, byte[]> commands,
      CommandQueue.Bounds bounds) {
    Map<String, CommandQueue> queues = new ConcurrentHashMap<>();
    return key -> {
      RedisClusterNode node =
          key == null ? null : client.getPartitions().getPartitionBySlot(SlotHash.getSlot(key));
      return queues.computeIfAbsent(
          node == null ? "" : node.getNodeId(), id -> new CommandQueue(commands, bounds));
    };
  }

  private static Redis connectCluster(
      RedisAddress address, RedisOptions options, ClientResources resources, Timer timer) {
    RedisClusterClient client = RedisClusterClient.create(resources, address.uris());
    ClusterClientOptions.Builder clientOptions =
        ClusterClientOptions.builder()
            .validateClusterNodeMembership(false)
            .readOnlyCommands(command -> READ_ONLY.contains(command.getType()))
            .topologyRefreshOptions(
                ClusterTopologyRefreshOptions.builder()
                    .enablePeriodicRefresh(Duration.ofSeconds(30))
                    .enableAllAdaptiveRefreshTriggers()
                    .adaptiveRefreshTriggersTimeout(Duration.ofMillis(500))
                    .build());
    clientOptions(clientOptions, address, options);
    client.setOptions(clientOptions.build());
    return closingOnFailure(
        address,
        client::shutdown,
        resources,
        shutdown -> {
          var connection = client.connect(CODEC);
          for (RedisClusterNode node : client.getPartitions()) {
            if (node.is(RedisClusterNode.NodeFlag.UPSTREAM) && !node.hasNoSlots()) {
              var ofNode =
                  connection.getConnection(node.getUri().getHost(), node.getUri().getPort());
              Predicate<String> isThere = key -> node.hasSlot(SlotHash.getSlot(key));
              refuseUnusable(ofNode.sync(), address, options, isThere);
            }
          }
          var pubSub =
              PubSub.onCluster(client, client.connectPubSub(CODEC), timer, options.timeout());
          var queues = queues(client, connection.async(), options.bounds());
          return new Redis(
              timer,
              options.timeout(),
              CLUSTER_ATTEMPTS,
              queues,
              new ReplicaQueues(client, queues, options.bounds()),
              pubSub,
              redis -> redis.clusterInfo().thenApply(info -> info.contains("cluster_state:ok")),
              shutdown);
        });
  }

  private static void refuseUnusable(
      RedisClusterCommands<String, byte[]> redis,
      RedisAddress address,
      RedisOptions options,
      Predicate<String> isThere) {
    StartupCheck.problem(redis, address, options, isThere)
        .ifPresent(
            problem -> {
              throw new UnusableRedis(problem, null);
            });
  }

  private static Redis closingOnFailure(
      RedisAddress address,
      Runnable client,
      ClientResources resources,
      Function<Runnable, Redis> connect) {
    Runnable shutdown =
        () -> {
          client.run();
          resources.shutdown(0, 0, TimeUnit.MILLISECONDS);
        };
    try {
      return connect.apply(shutdown);
    } catch (UnusableRedis e) {
      shutdown.run();
      throw e;
    } catch (RedisException e) {
      shutdown.run();
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new UnusableRedis("cannot connect: " + cause.getMessage(), e);
    }
  }

  /** The options of a client that only looks. */
  static ClientOptions inspecting(RedisAddress address) {
    ClientOptions.Builder options =
        ClientOptions.builder().maintNotificationsConfig(MaintNotificationsConfig.disabled());
    if (!address.authorities().isEmpty()) {
      options.sslOptions(trusting(address));
    }
    return options.timeoutOptions(TimeoutOptions.enabled()).build();
  }

  private static SslOptions trusting(RedisAddress address) {
    return SslOptions.builder().trustManager(new File(address.authorities())).build();
  }

  /** Commands that wait for their answers, for who is not on an event loop. */
  static RedisClusterCommands<String, byte[]> waiting(
      StatefulRedisConnection<String, byte[]> connection) {
    return connection.sync();
  }

  private static ClientOptions.Builder clientOptions(
      ClientOptions.Builder builder, RedisAddress address, RedisOptions options) {
    if (!address.authorities().isEmpty()) {
      builder.sslOptions(trusting(address));
    }
    return builder
        .disconnectedBehavior(DisconnectedBehavior.REJECT_COMMANDS)
        .maintNotificationsConfig(MaintNotificationsConfig.disabled())
        // The index is for commands taken out of the middle of the queue, which never happens here.
        .useHashIndexQueue(false)
        // Timeouts are kept in call(), which knows the deadline.
        .timeoutOptions(TimeoutOptions.create())
        .socketOptions(
            SocketOptions.builder()
                .connectTimeout(options.timeout())
                .keepAlive(
                    SocketOptions.KeepAliveOptions.builder()
                        .enable()
                        .idle(Duration.ofSeconds(5))
                        .interval(Duration.ofSeconds(2))
                        .count(3)
                        .build())
                .build());
  }

  /** Gives Lettuce the event loops that gRPC uses too, so that answers stay on few threads. */
  private record SharedLoops(EventLoopGroup loops) implements EventLoopGroupProvider {
    @Override
    public <T extends EventLoopGroup> T allocate(Class<T> type) {
      return type.cast(loops);
    }

    @Override
    public int threadPoolSize() {
      return count(loops);
    }

    static int count(EventLoopGroup loops) {
      int threads = 0;
      for (EventExecutor ignored : loops) {
        threads++;
      }
      return threads;
    }

    @Override
    public Future<Boolean> release(
        EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
      return done();
    }

    @Override
    public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit timeUnit) {
      return done();
    }

    private static Future<Boolean> done() {
      Promise<Boolean> promise = ImmediateEventExecutor.INSTANCE.newPromise();
      return promise.setSuccess(true);
    }
  }
}
