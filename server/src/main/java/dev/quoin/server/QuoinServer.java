// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Access;
import dev.quoin.server.access.Audit;
import dev.quoin.server.door.Door;
import dev.quoin.server.door.DoorTls;
import dev.quoin.server.embedded.EmbeddedRedis;
import dev.quoin.server.kernel.EventLoops;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.kernel.Sockets;
import dev.quoin.server.logs.LogWriter;
import dev.quoin.server.names.Namespaces;
import dev.quoin.server.queues.ScalerService;
import dev.quoin.server.quotas.Quotas;
import dev.quoin.server.quotas.StorageSampler;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RedisAddress;
import dev.quoin.server.redis.RedisConnector;
import dev.quoin.server.redis.RedisOptions;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.redis.UnusableRedis;
import dev.quoin.server.rpc.CallLog;
import dev.quoin.server.rpc.CallRecorder;
import dev.quoin.server.rpc.Connections;
import dev.quoin.server.rpc.ControlFrames;
import dev.quoin.server.rpc.Drain;
import dev.quoin.server.rpc.Rpc;
import dev.quoin.server.rpc.UnreadResponses;
import dev.quoin.server.rpc.rules.Validation;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import dev.quoin.server.tail.Tails;
import dev.quoin.server.telemetry.RedisHealth;
import dev.quoin.server.telemetry.Telemetry;
import dev.quoin.server.waiting.WaitQueues;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.netty.util.HashedWheelTimer;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.UncheckedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.logging.Level;
import java.util.logging.Logger;

/** A running Quoin server: Redis below, gRPC above. */
public final class QuoinServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(QuoinServer.class.getName());
  private static final int TICK_MILLIS = 10;
  private static final int START_TIMEOUT_SECONDS = 60;
  private static final int OWN_REDIS_TRIES = 120;
  private static final long OWN_REDIS_PAUSE_MILLIS = 250;

  private final Settings settings;
  private final Deque<Runnable> closers = new ArrayDeque<>();
  private final Drain drain = new Drain();
  private List<String> services;
  private EmbeddedRedis embedded;
  private Tls tls;
  private WaitQueues queues;
  private Tails tails;
  private StorageSampler storage;
  private volatile Health health;
  private Server server;
  private Door door;

  private QuoinServer(Settings settings) {
    this.settings = settings;
  }

  /** Starts everything; when one part cannot be started, the others are stopped again. */
  public static QuoinServer start(Settings settings) {
    QuoinServer server = new QuoinServer(settings);
    try {
      server.open();
      return server;
    } catch (RuntimeException e) {
      server.closeAll();
      throw e;
    }
  }

  /** The port of the gRPC server. */
  public int port() {
    return server.getPort();
  }

  /** The port of HTTP; 0 when it is switched off. */
  public int httpPort() {
    return door == null ? 0 : door.port();
  }

  /** The full names of the services of Quoin. */
  public List<String> services() {
    return services;
  }

  /** The Redis this server runs itself, if it does. */
  public Optional<EmbeddedRedis> embedded() {
    return Optional.ofNullable(embedded);
  }

  /** The queues in which callers of this server wait. */
  WaitQueues queues() {
    return queues;
  }

  /** What is known about storage. */
  public StorageSampler storage() {
    return storage;
  }

  /** The logs that callers of this server follow. */
  public Tails tails() {
    return tails;
  }

  /** Ends when the server has been stopped. */
  public void awaitTermination() throws InterruptedException {
    server.awaitTermination();
  }

  /** Takes no new calls, tells open streams, lets calls end, then stops everything. */
  @Override
  public void close() {
    long end = System.nanoTime() + settings.drainTimeout().toNanos();
    health.stop();
    server.shutdown();
    Future<Void> httpEnded =
        door == null ? CompletableFuture.completedFuture(null) : door.drain().toCompletableFuture();
    drain.begin();
    try {
      boolean ended = server.awaitTermination(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      if (!haveEnded(httpEnded, end - System.nanoTime()) || !ended) {
        LOG.warning("calls still open after " + settings.drainTimeout() + " are cancelled");
        server.shutdownNow().awaitTermination(1, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    closeAll();
  }

  private static boolean haveEnded(Future<Void> calls, long nanos) throws InterruptedException {
    try {
      calls.get(Math.max(0, nanos), TimeUnit.NANOSECONDS);
      return true;
    } catch (TimeoutException | ExecutionException e) {
      return false;
    }
  }

  private void open() {
    EventLoops loops = EventLoops.start(settings.threads());
    closers.push(() -> loops.group().shutdownGracefully(0, 1, TimeUnit.SECONDS));
    HashedWheelTimer timer =
        new HashedWheelTimer(
            new DefaultThreadFactory("quoin-timer", true), TICK_MILLIS, TimeUnit.MILLISECONDS);
    closers.push(timer::stop);
    Audit audit = new Audit(settings.auditFile());
    closers.push(audit::close);
    Access access = new Access(settings, Services.methods(), audit, new SignatureChecks());
    tls = settings.isTls() ? new Tls(settings) : null;
    if (tls != null) {
      closers.push(tls::close);
      access.trust(tls);
    }
    closers.push(access::close);
    Quotas quotas = new Quotas(settings.quotas());
    closers.push(quotas::close);
    // Loading the rules and connecting to Redis take about a second each: do both at once.
    Validation validation = new Validation();
    FutureTask<Metrics> aside =
        new FutureTask<>(
            () -> {
              Services.ALL.forEach(service -> validation.compile(service.contract()));
              if (settings.httpPort() != 0) {
                Door.warmUp();
              }
              return Metrics.start(settings, this::isServing);
            });
    new Thread(aside, "quoin-start").start();
    Redis redis = connect(loops, timer);
    closers.push(redis::close);
    Metrics metrics = await(aside);
    closers.push(metrics::close);

    queues = new WaitQueues(redis.pubSub(), timer, settings.maxWaiters());
    Seal seal = seal(redis, timer);
    tails = new Tails(redis.pubSub(), timer, seal);
    Telemetry telemetry = metrics.telemetry();
    Scripts scripts = new Scripts(redis, telemetry.meter());
    CallLog log = new CallLog(settings.slowCallLog(), settings.accessLog());
    closers.push(log::close);
    Namespaces namespaces = new Namespaces(scripts, settings.keyPrefix());
    UnreadResponses unread = new UnreadResponses(settings.maxUnreadBytes(), loops.group());
    storage = new StorageSampler(redis, scripts, settings.keyPrefix(), quotas::areOfStored);
    quotas.measureStored(storage::of);
    Kernel kernel =
        new Kernel(
            new Rpc(
                new CallRecorder(telemetry, log),
                access,
                quotas,
                validation,
                drain,
                seal,
                settings.maxRequestBytes(),
                unread,
                namespaces::use),
            scripts,
            queues,
            tails,
            timer,
            new Sockets(loops, closers::push),
            telemetry,
            storage,
            settings);
    storage.start(timer, telemetry.meter(), queues.server());
    closers.push(storage::stop);
    audit.tell(new AuditEntries(new LogWriter(kernel)));
    List<ServerServiceDefinition> features =
        Services.ALL.stream()
            .map(service -> service.implementation().apply(kernel).bindService())
            .toList();
    List<ServerServiceDefinition> all = new ArrayList<>(features);
    all.add(new ScalerService(kernel).bindService());
    services = Services.ALL.stream().map(service -> service.contract().getName()).toList();
    health = new Health(redis, timer, services);
    Connections connections =
        new Connections(
            settings.maxConnections(),
            settings.maxConnectionsPerPeer(),
            new ControlFrames.Limits(
                settings.maxControlFrames(), Integer.MAX_VALUE, settings.requestTimeout()));
    new ServerGauges(telemetry).show(Main.version(), queues, tails, storage, connections);
    RedisHealth.start(redis, timer, telemetry, health::isRedisUp);
    server =
        new GrpcPort(settings, loops, timer)
            .listen(
                tls,
                metrics,
                connections,
                unread,
                all,
                health.service(),
                new AccessInterceptor(access));
    if (settings.httpPort() != 0) {
      door = openDoor(loops, connections, unread, features);
    }
    health.start();
  }

  private Door openDoor(
      EventLoops loops,
      Connections connections,
      UnreadResponses unread,
      List<ServerServiceDefinition> features) {
    try {
      DoorTls certificates = tls == null ? null : tls.ofHttp();
      Door opened =
          await(
              Door.start(
                      settings,
                      certificates,
                      loops.group(),
                      connections,
                      unread,
                      features,
                      this::isServing)
                  .toCompletableFuture());
      closers.push(() -> await(opened.stop().toCompletableFuture()));
      return opened;
    } catch (IllegalStateException e) {
      throw new BadSettings(
          "http-port: cannot listen on %s:%d: %s"
              .formatted(settings.host(), settings.httpPort(), GrpcPort.rootMessage(e)));
    }
  }

  private Seal seal(Redis redis, HashedWheelTimer timer) {
    try {
      Keyspace keyspace = new Keyspace(settings.keyPrefix(), "redis");
      return await(Seal.shared(redis, keyspace, timer).toCompletableFuture());
    } catch (RuntimeException e) {
      throw new BadSettings("redis: cannot keep the key of page tokens there: " + e.getMessage());
    }
  }

  private static <T> T await(Future<T> task) {
    try {
      return task.get(START_TIMEOUT_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("cannot start", e.getCause());
    } catch (TimeoutException | InterruptedException e) {
      throw new IllegalStateException("cannot start", e);
    }
  }

  private boolean isServing() {
    Health known = health;
    return known != null && known.isServing();
  }

  private Redis connect(EventLoops loops, HashedWheelTimer timer) {
    boolean ownRedis = settings.redis().isEmpty();
    if (ownRedis) {
      embedded = startEmbedded();
      closers.push(embedded::close);
    }
    RedisAddress address =
        RedisAddress.parse(ownRedis ? embedded.uri() : settings.redis())
            .trusting(settings.redisAuthorities());
    RedisOptions options =
        new RedisOptions(
            settings.redisTimeout(),
            settings.allowVolatileRedis(),
            settings.keyPrefix(),
            settings.maxRedisCommands(),
            settings.maxRedisBytes());
    for (int triesLeft = ownRedis ? OWN_REDIS_TRIES : 1; ; triesLeft--) {
      try {
        return RedisConnector.connect(address, options, loops.group(), timer);
      } catch (UnusableRedis e) {
        if (triesLeft == 1 || !e.isAway()) {
          throw new BadSettings("redis: " + address.describe() + ": " + e.getMessage());
        }
        // It is started again when it dies, as one may that was killed while it started.
        LOG.log(Level.WARNING, "the embedded Redis went away, connecting once more", e);
        pause(OWN_REDIS_PAUSE_MILLIS);
      }
    }
  }

  private static void pause(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException("cannot start", e);
    }
  }

  private EmbeddedRedis startEmbedded() {
    try {
      return EmbeddedRedis.start(settings.data(), settings.redisProgram());
    } catch (UncheckedIOException e) {
      throw new BadSettings("data: " + e.getMessage());
    }
  }

  private void closeAll() {
    while (!closers.isEmpty()) {
      try {
        closers.pop().run();
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "cannot stop a part of the server", e);
      }
    }
  }
}
