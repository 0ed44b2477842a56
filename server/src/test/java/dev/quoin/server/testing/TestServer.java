// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.QuoinServer;
import dev.quoin.server.settings.SettingsReader;
import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A server with all services, reached over gRPC on loopback. */
public final class TestServer implements AutoCloseable {
  /** Two servers on one Redis, as most tests need them; started once a run. */
  private static final class Shared {
    static final TestServer FIRST = onSharedRedis();
    static final TestServer SECOND = onSharedRedis();
  }

  private final QuoinServer server;
  private final ManagedChannel channel;

  private TestServer(QuoinServer server) {
    this.server = server;
    this.channel = newChannel();
  }

  public static TestServer first() {
    return Shared.FIRST;
  }

  public static TestServer second() {
    return Shared.SECOND;
  }

  /** A server of its own on the Redis all tests share, which may be slow on a busy machine. */
  public static TestServer onSharedRedis() {
    return start("redis", TestRedis.uri(), "redis-timeout", "10s");
  }

  /** A server with settings of its own, given as names and values. */
  public static TestServer start(String... settings) {
    Map<String, String> flags = new HashMap<>();
    flags.put("port", "0");
    flags.put("metrics-port", "0");
    flags.put("http-port", "0");
    flags.put("allow-volatile-redis", "true");
    flags.put("redis-program", "carried");
    // Most tests share one connection.
    flags.put("max-calls-per-connection", "20000");
    for (int i = 0; i < settings.length; i += 2) {
      flags.put(settings[i], settings[i + 1]);
    }
    return new TestServer(QuoinServer.start(SettingsReader.read(null, Map.of(), flags)));
  }

  /** A server on the Redis all tests share, which serves HTTP, too. */
  public static TestServer withHttp(String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.addAll(List.of("redis", TestRedis.uri(), "redis-timeout", "10s"));
    all.addAll(List.of("http-port", String.valueOf(Scrape.freePort())));
    return start(all.toArray(String[]::new));
  }

  public QuoinServer server() {
    return server;
  }

  public ManagedChannel channel() {
    return channel;
  }

  /** A connection of its own, which the caller closes; every answer over it is looked at. */
  public ManagedChannel newChannel() {
    return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
        .usePlaintext()
        .intercept(new CompleteAnswers())
        .build();
  }

  public LocksGrpc.LocksBlockingStub locks() {
    return LocksGrpc.newBlockingStub(channel);
  }

  public LocksGrpc.LocksFutureStub futureLocks() {
    return LocksGrpc.newFutureStub(channel);
  }

  public LocksGrpc.LocksStub asyncLocks() {
    return LocksGrpc.newStub(channel);
  }

  /** The locks of another namespace. */
  public LocksGrpc.LocksBlockingStub locksIn(String namespace) {
    return locks().withInterceptors(in(namespace));
  }

  /** Makes calls in a namespace. */
  public static ClientInterceptor in(String namespace) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), namespace);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  @Override
  public void close() {
    channel.shutdownNow();
    server.close();
    try {
      channel.awaitTermination(5, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
