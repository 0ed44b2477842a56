// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.GetStatsRequest;
import dev.quoin.ads.v1.GetStatsResponse;
import dev.quoin.ads.v1.WatchStatsRequest;
import dev.quoin.ads.v1.WatchStatsResponse;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.StateReader;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watched;
import dev.quoin.server.watch.Watches;
import java.util.concurrent.CompletionStage;

/** The calls about figures. */
final class StatsCalls {
  private static final long PAUSE_MILLIS = 250;

  private final AdStore store;
  private final Catalogues catalogues;
  private final Watches<AdStats> watches;

  StatsCalls(Kernel kernel, AdStore store, Catalogues catalogues) {
    this.store = store;
    this.catalogues = catalogues;
    this.watches =
        new Watches<>(
            kernel.scripts().redis().pubSub(),
            kernel.timer(),
            WatchSettings.USUAL.withPause(PAUSE_MILLIS));
  }

  /** Of what figures are. */
  private record Subject(RequestContext scope, String network, String kind, String id) {
    static Subject of(RequestContext scope, String network, String ad, String campaign) {
      if (!ad.isEmpty()) {
        return new Subject(scope, network, "a", ad);
      }
      return campaign.isEmpty()
          ? new Subject(scope, network, "n", "")
          : new Subject(scope, network, "c", campaign);
    }
  }

  CompletionStage<GetStatsResponse> get(GetStatsRequest request, Call call) {
    return load(Subject.of(
            call.scope(), request.getNetwork(), request.getAdId(), request.getCampaign()))
        .thenApply(stats -> GetStatsResponse.newBuilder().setStats(stats).build());
  }

  void watch(WatchStatsRequest request, Call call, ResponseStream<WatchStatsResponse> responses) {
    Subject subject =
        Subject.of(
            call.scope().detached(),
            request.getNetwork(),
            request.getAdId(),
            request.getCampaign());
    watches.open(new WatchedStats(subject), new StatsReader(), call, responses);
  }

  private CompletionStage<AdStats> load(Subject subject) {
    return catalogues
        .fresh(subject.scope(), subject.network())
        .thenCompose(
            catalogue ->
                store
                    .stats(subject.scope(), subject.network(), subject.kind(), subject.id())
                    .thenApply(
                        figures -> {
                          if (!figures.known()) {
                            throw new ApiException(
                                ErrorReason.ERROR_REASON_AD_NOT_FOUND,
                                "the network has no such ad");
                          }
                          return FigureMessages.of(figures, catalogue, subject.id());
                        }));
  }

  private final class WatchedStats implements Watched<AdStats> {
    private final Subject subject;

    WatchedStats(Subject subject) {
      this.subject = subject;
    }

    @Override
    public String channel() {
      return store.keys(subject.scope(), subject.network()).stats(subject.kind() + subject.id());
    }

    @Override
    public CompletionStage<Look<AdStats>> load(AdStats known) {
      return StatsCalls.this.load(subject).thenApply(Look::at);
    }
  }

  private static final class StatsReader extends StateReader<AdStats, WatchStatsResponse> {
    @Override
    protected WatchStatsResponse message(AdStats stats) {
      return WatchStatsResponse.newBuilder().setStats(stats).build();
    }
  }
}
