// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.chat.v1.ChatGrpc;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.access.RpcMethods;
import dev.quoin.server.admin.AdminService;
import dev.quoin.server.ads.AdServerService;
import dev.quoin.server.chat.ChatService;
import dev.quoin.server.config.ConfigService;
import dev.quoin.server.counters.CountersService;
import dev.quoin.server.errorservice.ErrorsService;
import dev.quoin.server.feeds.FeedWriter;
import dev.quoin.server.feeds.FeedsService;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.locks.LocksService;
import dev.quoin.server.logs.LogWriter;
import dev.quoin.server.logs.LogsService;
import dev.quoin.server.queues.QueuesService;
import dev.quoin.server.queues.SchedulesService;
import dev.quoin.server.search.SearchService;
import dev.quoin.server.semaphores.SemaphoresService;
import dev.quoin.server.social.GraphService;
import dev.quoin.server.social.GroupsService;
import dev.quoin.server.social.ModerationService;
import dev.quoin.server.social.Social;
import dev.quoin.server.social.StatusesService;
import dev.quoin.server.social.TimelinesService;
import dev.quoin.server.social.UsersService;
import dev.quoin.server.stats.StatsService;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.BindableService;
import io.grpc.ServiceDescriptor;
import java.util.List;
import java.util.function.Function;

/** The services of Quoin. A new one is one line here. */
public final class Services {
  /**
   * One service.
   *
   * @param contract what the .proto file says
   * @param implementation what serves it
   */
  public record Entry(
      ServiceDescriptor contract, Function<Kernel, BindableService> implementation) {}

  public static final List<Entry> ALL =
      List.of(
          new Entry(AdminGrpc.getServiceDescriptor(), AdminService::new),
          new Entry(AdServerGrpc.getServiceDescriptor(), AdServerService::new),
          new Entry(ChatGrpc.getServiceDescriptor(), ChatService::new),
          new Entry(ConfigGrpc.getServiceDescriptor(), ConfigService::new),
          new Entry(CountersGrpc.getServiceDescriptor(), CountersService::new),
          new Entry(FeedsGrpc.getServiceDescriptor(), FeedsService::new),
          new Entry(LocksGrpc.getServiceDescriptor(), LocksService::new),
          new Entry(LogsGrpc.getServiceDescriptor(), LogsService::new),
          new Entry(QueuesGrpc.getServiceDescriptor(), QueuesService::new),
          new Entry(SchedulesGrpc.getServiceDescriptor(), SchedulesService::new),
          new Entry(SearchGrpc.getServiceDescriptor(), SearchService::new),
          new Entry(SemaphoresGrpc.getServiceDescriptor(), SemaphoresService::new),
          new Entry(
              StatsGrpc.getServiceDescriptor(),
              kernel -> new StatsService(kernel, new AnomalyEntries(new LogWriter(kernel)))),
          new Entry(
              UsersGrpc.getServiceDescriptor(), kernel -> new UsersService(kernel, social(kernel))),
          new Entry(
              GraphGrpc.getServiceDescriptor(), kernel -> new GraphService(kernel, social(kernel))),
          new Entry(
              StatusesGrpc.getServiceDescriptor(),
              kernel -> new StatusesService(kernel, social(kernel))),
          new Entry(
              TimelinesGrpc.getServiceDescriptor(),
              kernel -> new TimelinesService(kernel, social(kernel))),
          new Entry(
              GroupsGrpc.getServiceDescriptor(),
              kernel -> new GroupsService(kernel, social(kernel))),
          new Entry(
              ModerationGrpc.getServiceDescriptor(),
              kernel -> new ModerationService(kernel, social(kernel))),
          new Entry(ErrorsGrpc.getServiceDescriptor(), ErrorsService::new));

  /** The RPCs of all services. */
  static RpcMethods methods() {
    return new RpcMethods(ALL.stream().map(Entry::contract).toList());
  }

  private Services() {}

  /** The parts of the social network, which its services share. */
  private static Social social(Kernel kernel) {
    return kernel.part(
        Social.class, one -> new Social(one, new StatusesInFeeds(new FeedWriter(one))));
  }
}
