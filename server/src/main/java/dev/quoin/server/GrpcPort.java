// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.kernel.EventLoops;
import dev.quoin.server.rpc.Connections;
import dev.quoin.server.rpc.Gzip;
import dev.quoin.server.rpc.IncompleteRequests;
import dev.quoin.server.rpc.UnreadResponses;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import io.grpc.BindableService;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.ChannelzService;
import io.grpc.protobuf.services.ProtoReflectionService;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.util.HashedWheelTimer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The port on which gRPC is served. */
final class GrpcPort {
  private static final int RESETS_SECONDS = 10;
  private static final int CHANNELZ_PAGE = 100;

  private final Settings settings;
  private final EventLoops loops;
  private final HashedWheelTimer timer;

  GrpcPort(Settings settings, EventLoops loops, HashedWheelTimer timer) {
    this.settings = settings;
    this.loops = loops;
    this.timer = timer;
  }

  /**
   * Begins to serve.
   *
   * @param tls null for none
   * @param features the services of Quoin, which ask by themselves whether calls may begin
   * @param access asks it for those of gRPC
   */
  Server listen(
      Tls tls,
      Metrics metrics,
      Connections connections,
      UnreadResponses unread,
      List<ServerServiceDefinition> features,
      BindableService health,
      AccessInterceptor access) {
    IncompleteRequests arrivals =
        new IncompleteRequests(
            timer,
            loops.group(),
            settings.requestTimeout(),
            settings.maxRequestBytes(),
            settings.maxUnfinishedBytes());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(
                new InetSocketAddress(settings.host(), settings.port()), credentials(tls))
            .bossEventLoopGroup(loops.group())
            .workerEventLoopGroup(loops.group())
            .channelFactory(() -> loops.serverChannel(connections))
            .directExecutor()
            .maxInboundMessageSize(Integer.MAX_VALUE)
            .maxConcurrentCallsPerConnection(settings.maxCallsPerConnection())
            .maxRstFramesPerWindow(settings.maxResets(), RESETS_SECONDS)
            .decompressorRegistry(Gzip.registry(settings.maxRequestBytes()))
            .addStreamTracerFactory(arrivals)
            .intercept(arrivals)
            .addTransportFilter(arrivals.connections())
            .addTransportFilter(unread)
            .keepAliveTime(20, TimeUnit.SECONDS)
            .keepAliveTimeout(10, TimeUnit.SECONDS)
            .permitKeepAliveTime(5, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(access.over(health))
            .addService(access.over(ProtoReflectionServiceV1.newInstance()))
            .addService(access.over(reflectionAlpha()))
            .addService(access.over(ChannelzService.newInstance(CHANNELZ_PAGE)));
    features.forEach(builder::addService);
    if (!settings.maxConnectionAge().isZero()) {
      builder.maxConnectionAge(settings.maxConnectionAge().toMillis(), TimeUnit.MILLISECONDS);
    }
    metrics.measure(builder);
    try {
      return builder.build().start();
    } catch (IOException e) {
      throw new BadSettings(
          "port: cannot listen on %s:%d: %s"
              .formatted(settings.host(), settings.port(), rootMessage(e)));
    }
  }

  /** Reflection as older tools ask for it. */
  @SuppressWarnings("deprecation")
  private static BindableService reflectionAlpha() {
    return ProtoReflectionService.newInstance();
  }

  private static ServerCredentials credentials(Tls tls) {
    return tls == null ? InsecureServerCredentials.create() : tls.credentials();
  }

  /** What is said of the failure that led to others. */
  static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root.getMessage();
  }
}
