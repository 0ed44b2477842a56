// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.AdServerGrpc.AdServerFutureStub;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.GetAdRequest;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.PutAdsRequest;
import dev.quoin.ads.v1.PutAdsResponse;
import dev.quoin.server.testing.Overtaking;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Decisions that look at many ads do not keep others waiting. */
@Tag("redis")
final class AdsFairnessTest {
  private static final int ADS = 6_000;

  private final Ads ads = Ads.at(TestServer.first());
  private final AdServerFutureStub later = AdServerGrpc.newFutureStub(TestServer.first().channel());

  @BeforeEach
  void putMany() throws Exception {
    TestRedis.clear();
    ads.put(Ads.settings());
    CompletableFuture<Long> stored = new CompletableFuture<>();
    StreamObserver<PutAdsRequest> all =
        AdServerGrpc.newStub(TestServer.first().channel())
            .putAds(
                new StreamObserver<>() {
                  @Override
                  public void onNext(PutAdsResponse response) {
                    stored.complete(response.getStoredCount());
                  }

                  @Override
                  public void onError(Throwable failure) {
                    stored.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (int i = 0; i < ADS; i++) {
      all.onNext(
          PutAdsRequest.newBuilder()
              .setNetwork("n")
              .setAd(Ads.cpm("a" + i, 10_000 + i).setCampaign("c"))
              .build());
    }
    all.onCompleted();
    assertThat(stored.get()).isEqualTo(ADS);
  }

  @Test
  void shortCallsOvertakeExplanationsOfManyCandidates() throws Exception {
    ads.set(ads.budget().setCampaign("c").setDailyMicros(0));
    assertThat(ads.target("word").getNoFill()).isEqualTo(NoFill.NO_FILL_OUT_OF_BUDGET);
    ExplainRequest explain =
        ExplainRequest.newBuilder().setNetwork("n").addLocations(Ads.HERE).addWords("word").build();

    Overtaking.assertOvertaken(() -> later.explain(explain), this::getAd);
    assertThat(ads.stub().explain(explain).getCandidateCount()).isEqualTo(ADS);
  }

  private void getAd() {
    ads.stub().getAd(GetAdRequest.newBuilder().setNetwork("n").setAdId("a1").build());
  }
}
