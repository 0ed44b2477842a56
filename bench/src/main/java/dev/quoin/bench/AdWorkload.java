// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PutAdsRequest;
import dev.quoin.ads.v1.PutAdsResponse;
import dev.quoin.ads.v1.PutNetworkRequest;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.ReportViewResponse;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiFunction;

/** Decisions of the Quoin server. */
final class AdWorkload {
  private AdWorkload() {}

  /** Decides for pages of so many words. */
  static Workload.Factory target(AdCatalogue catalogue, int words) {
    return filled(catalogue, (channel, worker) -> decide(channel, worker, words, false));
  }

  /** Decides, and reports that the ad was seen. */
  static Workload.Factory targetAndView(AdCatalogue catalogue, int words) {
    return filled(catalogue, (channel, worker) -> decide(channel, worker, words, true));
  }

  private static Workload.Factory filled(
      AdCatalogue catalogue, BiFunction<Channel, Integer, Operation> operation) {
    Workload.Factory calls = GrpcWorkload.of(operation);
    return (testbed, workers) -> {
      ManagedChannel channel = GrpcWorkload.connect(testbed);
      try {
        fill(channel, catalogue);
      } finally {
        channel.shutdownNow();
      }
      return calls.open(testbed, workers);
    };
  }

  static void fill(ManagedChannel channel, AdCatalogue catalogue) {
    AdServerGrpc.newBlockingStub(channel)
        .putNetwork(
            PutNetworkRequest.newBuilder()
                .setNetwork(AdCatalogue.NETWORK)
                .setSettings(
                    NetworkSettings.newBuilder().setExplorationShare(0).setAnalyzer("standard"))
                .build());
    CompletableFuture<Void> filled = new CompletableFuture<>();
    AdServerGrpc.newStub(channel).putAds(new Filler(catalogue, filled));
    filled.join();
    // The server has the catalogue before it is measured.
    decide(channel, 1);
  }

  /** Sends ads as fast as they are taken. */
  private static final class Filler
      implements ClientResponseObserver<PutAdsRequest, PutAdsResponse> {
    private final AdCatalogue catalogue;
    private final CompletableFuture<Void> filled;
    private int next;

    Filler(AdCatalogue catalogue, CompletableFuture<Void> filled) {
      this.catalogue = catalogue;
      this.filled = filled;
    }

    @Override
    public void beforeStart(ClientCallStreamObserver<PutAdsRequest> requests) {
      requests.setOnReadyHandler(
          () -> {
            while (requests.isReady() && next < catalogue.ads()) {
              requests.onNext(request(catalogue.ad(next++)));
              if (next == catalogue.ads()) {
                requests.onCompleted();
              }
            }
          });
    }

    private static PutAdsRequest request(AdCatalogue.BenchAd ad) {
      return PutAdsRequest.newBuilder()
          .setNetwork(AdCatalogue.NETWORK)
          .setAd(
              Ad.newBuilder()
                  .setId(ad.id())
                  .setPricing(Pricing.PRICING_CPC)
                  .setBidMicros(ad.bidMicros())
                  .addAllLocations(ad.locations())
                  .addAllWords(ad.words()))
          .build();
    }

    @Override
    public void onNext(PutAdsResponse response) {}

    @Override
    public void onError(Throwable failure) {
      filled.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      filled.complete(null);
    }
  }

  /** Decides so often, one after the other. */
  static void decide(ManagedChannel channel, int times) {
    AdServerGrpc.AdServerBlockingStub ads = AdServerGrpc.newBlockingStub(channel);
    Random random = new Random(times);
    for (int i = 0; i < times; i++) {
      ads.target(request(random, 20));
    }
  }

  private static TargetRequest request(Random random, int words) {
    return TargetRequest.newBuilder()
        .setNetwork(AdCatalogue.NETWORK)
        .addLocations(AdCatalogue.location(random))
        .addAllWords(AdCatalogue.words(random, words))
        .build();
  }

  private static Operation decide(Channel channel, int worker, int words, boolean seen) {
    AdServerGrpc.AdServerStub ads = AdServerGrpc.newStub(channel);
    Random random = new Random(worker);
    return done ->
        ads.target(
            request(random, words),
            GrpcWorkload.<TargetResponse>answer(
                done,
                response -> {
                  if (!seen || response.getAdsCount() == 0) {
                    done.ok();
                    return;
                  }
                  ads.reportView(
                      ReportViewRequest.newBuilder()
                          .setTargetToken(response.getTargetToken())
                          .build(),
                      GrpcWorkload.<ReportViewResponse>answer(done, reported -> done.ok()));
                }));
  }
}
