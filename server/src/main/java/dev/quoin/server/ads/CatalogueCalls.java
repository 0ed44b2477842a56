// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.GetAdRequest;
import dev.quoin.ads.v1.GetAdResponse;
import dev.quoin.ads.v1.GetNetworkRequest;
import dev.quoin.ads.v1.GetNetworkResponse;
import dev.quoin.ads.v1.ListAdsRequest;
import dev.quoin.ads.v1.ListAdsResponse;
import dev.quoin.ads.v1.ListNetworksRequest;
import dev.quoin.ads.v1.ListNetworksResponse;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pacing;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PutAdRequest;
import dev.quoin.ads.v1.PutAdResponse;
import dev.quoin.ads.v1.PutNetworkRequest;
import dev.quoin.ads.v1.PutNetworkResponse;
import dev.quoin.ads.v1.RebuildRequest;
import dev.quoin.ads.v1.RebuildResponse;
import dev.quoin.ads.v1.RemoveAdRequest;
import dev.quoin.ads.v1.RemoveAdResponse;
import dev.quoin.ads.v1.SetBudgetRequest;
import dev.quoin.ads.v1.SetBudgetResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The calls about what there is to show, and how it is decided. */
final class CatalogueCalls {
  private static final int PAGE = 20;
  private static final int NETWORKS = 50;
  private static final int REBUILT_AT_ONCE = 50;
  private static final long LEAST_CPM_MICROS = 1_000;

  private final AdStore store;
  private final Catalogues catalogues;
  private final NameIndex networks;

  /**
   * @param networks names of networks that were changed; what is empty by now is among them
   */
  CatalogueCalls(AdStore store, Catalogues catalogues, NameIndex networks) {
    this.store = store;
    this.catalogues = catalogues;
    this.networks = networks;
  }

  CompletionStage<PutNetworkResponse> putNetwork(PutNetworkRequest request, Call call) {
    NetworkConfig config = NetworkConfig.given(request.getSettings());
    return networks
        .record(
            call.scope(),
            request.getNetwork(),
            store.putNetwork(call.scope(), request.getNetwork(), config))
        .thenApply(done -> PutNetworkResponse.newBuilder().setSettings(config.settings()).build());
  }

  CompletionStage<GetNetworkResponse> getNetwork(GetNetworkRequest request, Call call) {
    return store
        .network(call.scope(), request.getNetwork())
        .thenApply(
            network ->
                GetNetworkResponse.newBuilder()
                    .setSettings(config(network.settings()).settings())
                    .setAdCount(network.ads())
                    .build());
  }

  /** Those that have nothing any more stay in the index, so that no server forgets a new ad's. */
  CompletionStage<ListNetworksResponse> listNetworks(ListNetworksRequest request, Call call) {
    return networks
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), NETWORKS),
            request.getPageToken())
        .thenCompose(
            page ->
                Futures.each(
                        page.names().stream()
                            .map(name -> summary(call.scope(), name).toCompletableFuture())
                            .toList())
                    .thenApply(
                        found ->
                            ListNetworksResponse.newBuilder()
                                .addAllNetworks(found.stream().flatMap(Optional::stream).toList())
                                .setNextPageToken(page.nextPageToken())
                                .build()));
  }

  private CompletionStage<Optional<ListNetworksResponse.Summary>> summary(
      RequestContext scope, String name) {
    return store
        .network(scope, name)
        .thenApply(
            network ->
                network.ads() == 0 && network.settings().length == 0
                    ? Optional.empty()
                    : Optional.of(
                        ListNetworksResponse.Summary.newBuilder()
                            .setNetwork(name)
                            .setAdCount(network.ads())
                            .build()));
  }

  private static NetworkConfig config(byte[] settings) {
    try {
      return NetworkConfig.of(NetworkSettings.parseFrom(settings));
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException(e);
    }
  }

  CompletionStage<PutAdResponse> putAd(PutAdRequest request, Call call) {
    return put(call.scope(), request.getNetwork(), request.getAd());
  }

  /** Adds an ad or replaces it; needs to know how the network finds words. */
  CompletionStage<PutAdResponse> put(RequestContext scope, String network, Ad ad) {
    check(ad);
    return networks.record(
        scope,
        network,
        catalogues
            .get(scope, network)
            .thenCompose(catalogue -> put(scope, network, ad, catalogue.config())));
  }

  private CompletionStage<PutAdResponse> put(
      RequestContext scope, String network, Ad ad, NetworkConfig config) {
    Collection<String> words = words(config, ad);
    return store
        .put(scope, network, ad, words, config.settings().getAnalyzer())
        .thenCompose(
            put ->
                put.version() == AdStore.OTHER_WORDS
                    ? catalogues
                        .fresh(scope, network)
                        .thenCompose(newer -> put(scope, network, ad, newer.config()))
                    : CompletableFuture.completedFuture(
                        PutAdResponse.newBuilder()
                            .setStored(put.stored())
                            .setVersion(put.version())
                            .addAllIndexedWords(words)
                            .build()));
  }

  private static Collection<String> words(NetworkConfig config, Ad ad) {
    return new TreeSet<>(config.words().of(ad.getContent(), ad.getWordsList(), AdWords.OF_AN_AD));
  }

  private static void check(Ad ad) {
    PageRequest.check("ad.dimensions", ad.getDimensionsMap());
    PageRequest.check("ad.words", ad.getContent(), ad.getWordsList());
    if (ad.getPricing() == Pricing.PRICING_CPM && ad.getBidMicros() < LEAST_CPM_MICROS) {
      throw InvalidRequest.of(
          "ad.bid_micros", "must be at least 1000 for CPM, so that a view costs a micro");
    }
    for (boolean start : new boolean[] {true, false}) {
      if (!Timestamps.isValid(start ? ad.getStartTime() : ad.getEndTime())) {
        throw InvalidRequest.of(
            start ? "ad.start_time" : "ad.end_time", "must be a time between the years 1 and 9999");
      }
    }
    if (ad.hasStartTime()
        && ad.hasEndTime()
        && Timestamps.compare(ad.getStartTime(), ad.getEndTime()) >= 0) {
      throw InvalidRequest.of("ad.end_time", "must be after start_time");
    }
  }

  CompletionStage<RemoveAdResponse> removeAd(RemoveAdRequest request, Call call) {
    return store
        .remove(call.scope(), request.getNetwork(), request.getAdId())
        .thenApply(removed -> RemoveAdResponse.newBuilder().setRemoved(removed).build());
  }

  CompletionStage<GetAdResponse> getAd(GetAdRequest request, Call call) {
    return store
        .get(call.scope(), request.getNetwork(), request.getAdId())
        .thenApply(
            found -> {
              GetAdResponse.Builder response =
                  GetAdResponse.newBuilder()
                      .setAd(found.ad())
                      .addAllIndexedWords(Arrays.asList(found.words()));
              if (found.budget().length > 0) {
                response.setBudget(Money.budget(found.budget()));
              }
              return response.build();
            });
  }

  CompletionStage<ListAdsResponse> listAds(ListAdsRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getNetwork());
    return store
        .list(call.scope(), request.getNetwork(), paging.position(), paging.size())
        .thenApply(
            listed ->
                ListAdsResponse.newBuilder()
                    .addAllAds(listed.ads())
                    .setNextPageToken(listed.more() ? paging.token(last(listed.ads())) : "")
                    .build());
  }

  private static String last(List<Ad> ads) {
    return ads.get(ads.size() - 1).getId();
  }

  CompletionStage<SetBudgetResponse> setBudget(SetBudgetRequest request, Call call) {
    if (request.getPacing() == Pacing.PACING_EVEN && !request.hasDailyMicros()) {
      throw InvalidRequest.of("pacing", "EVEN needs daily_micros");
    }
    Budget.Builder budget =
        Budget.newBuilder()
            .setPacing(
                request.getPacing() == Pacing.PACING_EVEN ? Pacing.PACING_EVEN : Pacing.PACING_ASAP)
            .addAllFrequencyCaps(request.getFrequencyCapsList());
    if (request.hasDailyMicros()) {
      budget.setDailyMicros(request.getDailyMicros());
    }
    if (request.hasTotalMicros()) {
      budget.setTotalMicros(request.getTotalMicros());
    }
    return store
        .setBudget(
            call.scope(),
            request.getNetwork(),
            request.getAdId(),
            request.getCampaign(),
            budget.build())
        .thenApply(done -> SetBudgetResponse.newBuilder().setBudget(budget).build());
  }

  CompletionStage<RebuildResponse> rebuild(RebuildRequest request, Call call) {
    return catalogues
        .fresh(call.scope(), request.getNetwork())
        .thenCompose(
            catalogue -> rebuildFrom(call, request.getNetwork(), catalogue.config(), "", 0))
        .thenApply(done -> RebuildResponse.newBuilder().setAdCount(done).build());
  }

  /** A page of ads at a time, each by a script of its own, so that nobody waits for long. */
  private CompletionStage<Long> rebuildFrom(
      Call call, String network, NetworkConfig config, String after, long before) {
    return store
        .list(call.scope(), network, after, REBUILT_AT_ONCE)
        .thenCompose(
            listed -> {
              List<CompletableFuture<Boolean>> steps =
                  listed.ads().stream()
                      .map(
                          ad ->
                              store
                                  .rebuild(call.scope(), network, ad, words(config, ad))
                                  .toCompletableFuture())
                      .toList();
              long done = before + steps.size();
              return CompletableFuture.allOf(steps.toArray(CompletableFuture<?>[]::new))
                  .thenCompose(
                      all ->
                          listed.more() && !call.isCancelled()
                              ? rebuildFrom(call, network, config, last(listed.ads()), done)
                              : CompletableFuture.completedFuture(done));
            });
  }
}
