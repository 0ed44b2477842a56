// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;

/** Serves {@code quoin.ads.v1.AdServer}. */
public final class AdServerService implements BindableService {

  /** How many ads of one PutAds may be on their way to Redis at once. */
  private static final int ADS_AHEAD = 64;

  /** How long a network is listed after it was last changed: as good as for ever. */
  private static final Duration LISTED = Duration.ofDays(36_500);

  private final Kernel kernel;
  private final CatalogueCalls catalogue;
  private final TargetCalls target;
  private final ReportCalls report;
  private final StatsCalls stats;

  public AdServerService(Kernel kernel) {
    this.kernel = kernel;
    Keyspace keyspace = kernel.keyspace("ads");
    AdStore store = new AdStore(kernel.scripts(), keyspace);
    DecisionStore decisions = new DecisionStore(kernel.scripts(), keyspace);
    Catalogues catalogues = new Catalogues(store);
    TokenSeal tokens = new TokenSeal(kernel.scripts().redis(), keyspace);
    Reservations reservations = new Reservations(kernel, keyspace, decisions);
    this.catalogue =
        new CatalogueCalls(store, catalogues, new NameIndex(kernel.scripts(), keyspace, LISTED));
    this.target = new TargetCalls(catalogues, decisions, tokens, reservations);
    this.report = new ReportCalls(decisions, tokens);
    this.stats = new StatsCalls(kernel, store, catalogues);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(AdServerGrpc.getServiceDescriptor())
        .unary(AdServerGrpc.getPutNetworkMethod(), catalogue::putNetwork)
        .unary(AdServerGrpc.getGetNetworkMethod(), catalogue::getNetwork)
        .unary(AdServerGrpc.getListNetworksMethod(), catalogue::listNetworks)
        .unary(AdServerGrpc.getPutAdMethod(), catalogue::putAd)
        .receiving(
            AdServerGrpc.getPutAdsMethod(),
            ADS_AHEAD,
            (call, responses) -> new PutAdsCall(catalogue, call, responses))
        .unary(AdServerGrpc.getRemoveAdMethod(), catalogue::removeAd)
        .unary(AdServerGrpc.getGetAdMethod(), catalogue::getAd)
        .unary(AdServerGrpc.getListAdsMethod(), catalogue::listAds)
        .unary(AdServerGrpc.getSetBudgetMethod(), catalogue::setBudget)
        .unary(AdServerGrpc.getTargetMethod(), target::target)
        .unary(AdServerGrpc.getReportViewMethod(), report::view)
        .unary(AdServerGrpc.getReportClickMethod(), report::click)
        .unary(AdServerGrpc.getReportActionMethod(), report::action)
        .unary(AdServerGrpc.getGetStatsMethod(), stats::get)
        .streaming(AdServerGrpc.getWatchStatsMethod(), stats::watch)
        .unary(AdServerGrpc.getExplainMethod(), target::explain)
        .unary(AdServerGrpc.getRebuildMethod(), catalogue::rebuild)
        .build();
  }
}
