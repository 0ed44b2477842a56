// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.AdState;
import dev.quoin.ads.v1.DimensionValues;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.GetAdRequest;
import dev.quoin.ads.v1.GetAdResponse;
import dev.quoin.ads.v1.GetNetworkRequest;
import dev.quoin.ads.v1.GetNetworkResponse;
import dev.quoin.ads.v1.ListAdsRequest;
import dev.quoin.ads.v1.ListNetworksRequest;
import dev.quoin.ads.v1.Loss;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.PutAdResponse;
import dev.quoin.ads.v1.PutAdsRequest;
import dev.quoin.ads.v1.PutAdsResponse;
import dev.quoin.ads.v1.RebuildRequest;
import dev.quoin.ads.v1.RemoveAdRequest;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.ads.v1.WatchStatsRequest;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import io.grpc.Status.Code;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class AdServerServiceTest {
  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ads.put(Ads.settings());
  }

  @Test
  void bestAdIsShownWithItsCreativeAndPrice() {
    ads.put(Ads.cpm("low", 400_000));
    ads.put(Ads.cpm("high", 500_000).setCreative("<b>x</b>\n").setRedirect("https://a.example"));

    TargetResponse decision = elsewhere.target();

    assertThat(decision.getAdsList()).hasSize(1);
    assertThat(decision.getAds(0).getAdId()).isEqualTo("high");
    assertThat(decision.getAds(0).getCreative()).isEqualTo("<b>x</b>\n");
    assertThat(decision.getAds(0).getEcpmMicros()).isEqualTo(500_000);
    assertThat(decision.getAds(0).getPriceMicros()).isEqualTo(500);
    assertThat(decision.getNoFill()).isEqualTo(NoFill.NO_FILL_UNSPECIFIED);
  }

  @Test
  void whatIsPutIsKnownToTheNextDecisionEverywhere() {
    for (int i = 1; i <= 50; i++) {
      ads.put(Ads.cpm("a" + i, 10_000 + i));
      assertThat(elsewhere.winner()).isEqualTo("a" + i);
    }
    for (int i = 50; i > 1; i--) {
      remove("a" + i);
      assertThat(elsewhere.winner()).isEqualTo("a" + (i - 1));
    }
  }

  @Test
  void networksAndNamespacesDoNotKnowEachOther() {
    ads.put(Ads.cpm("a", 10_000));

    assertThat(ads.of("other").target().getNoFill()).isEqualTo(NoFill.NO_FILL_NO_MATCH);
    Ads namespace = new Ads(ads.stub().withInterceptors(TestServer.in("elsewhere")), ads.network());
    assertThat(namespace.target().getNoFill()).isEqualTo(NoFill.NO_FILL_NO_MATCH);
  }

  @Test
  void anyLocationSuffices() {
    ads.put(
        Ads.cpm("west", 10_000).clearLocations().addLocations("r/US/CA").addLocations("r/US/OR"));

    assertThat(ads.target().getNoFill()).isEqualTo(NoFill.NO_FILL_NO_MATCH);
    assertThat(ads.target(ads.page().addLocations("r/US/OR")).getAdsCount()).isEqualTo(1);
    assertThat(loss("west")).isEqualTo(Loss.LOSS_LOCATION);
  }

  /** The source makes a union of no sets, which Redis refuses. */
  @Test
  void defectNoLocationIsARequestThatIsRefused() {
    Refused refused = Refused.by(() -> ads.target(ads.page().clearLocations()));

    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly("locations");
  }

  @Test
  void dimensionsAllHaveToFitAndOfEachOneValue() {
    ads.put(
        Ads.cpm("a", 10_000)
            .putDimensions("device", values("phone", "tablet"))
            .putDimensions("age", values("18-24")));

    assertThat(fits("device", "phone")).isFalse();
    assertThat(fits("device", "phone", "age", "25-34")).isFalse();
    assertThat(fits("device", "desktop", "age", "18-24")).isFalse();
    assertThat(fits("device", "tablet", "age", "18-24")).isTrue();
    assertThat(loss("a")).isEqualTo(Loss.LOSS_DIMENSION);
  }

  @Test
  void slotIsADimension() {
    ads.put(Ads.cpm("top", 10_000).putDimensions("slot", values("top")));

    assertThat(ads.target(ads.page().setSlot("side")).getAdsCount()).isZero();
    assertThat(ads.target(ads.page().setSlot("top")).getAdsCount()).isEqualTo(1);
  }

  @Test
  void negativesExclude() {
    ads.put(
        Ads.cpm("a", 10_000)
            .addNegatives("r/US/CA")
            .addNegatives("device=tv")
            .addNegatives("Crashes"));

    assertThat(ads.winner("cars")).isEqualTo("a");
    assertThat(ads.target(ads.page().addLocations("r/US/CA")).getAdsCount()).isZero();
    assertThat(fits("device", "tv")).isFalse();
    assertThat(fits("device", "phone")).isTrue();
    assertThat(ads.winner("a car crashed")).isEmpty();
    assertThat(loss("a", "crash")).isEqualTo(Loss.LOSS_NEGATIVE);
  }

  @Test
  void pausedAdsAndThoseOutsideTheirTimeAreNotShown() {
    long now = System.currentTimeMillis();
    ads.put(Ads.cpm("a", 10_000).setState(AdState.AD_STATE_PAUSED));
    assertThat(ads.winner()).isEmpty();
    assertThat(loss("a")).isEqualTo(Loss.LOSS_PAUSED);
    ads.put(Ads.cpm("a", 10_000).setStartTime(Timestamps.fromMillis(now + 60_000)));
    assertThat(ads.winner()).isEmpty();
    assertThat(loss("a")).isEqualTo(Loss.LOSS_NOT_IN_FLIGHT);
    ads.put(Ads.cpm("a", 10_000).setEndTime(Timestamps.fromMillis(now - 60_000)));
    assertThat(ads.winner()).isEmpty();
    ads.put(
        Ads.cpm("a", 10_000)
            .setStartTime(Timestamps.fromMillis(now - 60_000))
            .setEndTime(Timestamps.fromMillis(now + 60_000)));
    assertThat(ads.winner()).isEqualTo("a");
  }

  @Test
  void versionsThatComeLateLose() {
    assertThat(ads.put(Ads.cpm("a", 10_000)).getVersion()).isEqualTo(1);
    assertThat(ads.put(Ads.cpm("a", 20_000).setVersion(7)).getStored()).isTrue();

    PutAdResponse late = ads.put(Ads.cpm("a", 30_000).setVersion(6));

    assertThat(late.getStored()).isFalse();
    assertThat(late.getVersion()).isEqualTo(7);
    assertThat(get("a").getAd().getBidMicros()).isEqualTo(20_000);
    assertThat(ads.put(Ads.cpm("a", 30_000)).getVersion()).isEqualTo(8);
  }

  @Test
  void adIsReturnedAsItWasPut() {
    Ad.Builder ad =
        Ads.cpa("a", 3_000_000)
            .setCampaign("c")
            .setAccount("o")
            .setContent("Fast sports cars, and the fastest car")
            .putDimensions("device", values("phone"))
            .addNegatives("n")
            .setCreative("{\"title\": \"x\"}")
            .setRedirect("https://a.example/?b")
            .setVersion(3);
    ads.put(ad);
    ads.set(ads.budget().setAdId("a").setTotalMicros(5));

    GetAdResponse response = get("a");

    assertThat(response.getAd()).isEqualTo(ad.build());
    assertThat(response.getIndexedWordsList()).containsExactly("car", "fast", "fastest", "sport");
    assertThat(response.getBudget().getTotalMicros()).isEqualTo(5);
  }

  @Test
  void unknownAdsAreRefused() {
    for (Runnable call :
        List.<Runnable>of(
            () -> get("x"),
            () -> ads.stats("x"),
            () -> ads.set(ads.budget().setAdId("x").setTotalMicros(5)))) {
      Refused refused = Refused.by(call::run);
      assertThat(refused.reason()).isEqualTo("AD_NOT_FOUND");
      assertThat(refused.code()).isEqualTo(Code.NOT_FOUND);
    }
    assertThat(remove("x")).isFalse();
  }

  /**
   * The source leaves locations and words behind when an ad is indexed again, and cannot remove.
   */
  @Test
  void defectNothingIsLeftBehindOfWhatAnAdWas() {
    ads.put(Ads.cpc("a", 10_000).addWords("old").addWords("kept"));
    ads.show(1, 1, 0, "old", "kept");
    ads.put(Ads.cpc("a", 10_000).clearLocations().addLocations("c/CA").addWords("kept"));

    assertThat(ads.winner()).isEmpty();
    TargetRequest.Builder canada = ads.page("old").clearLocations().addLocations("c/CA");
    assertThat(ads.target(canada).getAdsCount()).isEqualTo(1);
    assertThat(ads.stats("a").getWordStatsList())
        .extracting(word -> word.getWord())
        .containsExactly("kept");
    assertThat(remove("a")).isTrue();
    assertThat(ads.target(canada).getAdsCount()).isZero();
    String network = "quoin:default:ads:{n}:";
    assertThat(TestRedis.commands().hgetall(network + "counts").keySet())
        .noneMatch(field -> field.startsWith("a") || field.startsWith("w"));
    for (String hash : List.of("ads", "creatives", "words", "learned", "budgets")) {
      assertThat(TestRedis.commands().hexists(network + hash, "a")).as(hash).isFalse();
      assertThat(TestRedis.commands().hexists(network + hash, "aa")).as(hash).isFalse();
    }
  }

  /** The source loses what was learned when an ad is indexed again. */
  @Test
  void defectWhatWasLearnedSurvivesAChangeOfTheAd() {
    ads.put(Ads.cpc("a", 1_000_000).addWords("car").addWords("red"));
    ads.show(20, 4, 0, "car");
    long before = ads.ecpm("a", "car");

    ads.put(Ads.cpc("a", 2_000_000).addWords("blue").addWords("car"));

    assertThat(before).isGreaterThan(1_000_000);
    assertThat(ads.ecpm("a", "car")).isBetween(2 * before - 1, 2 * before + 1);
  }

  @Test
  void settingsHaveDefaultsAndAreKept() {
    GetNetworkResponse unset = network("fresh");
    assertThat(unset.getSettings()).isEqualTo(NetworkConfig.DEFAULTS);
    assertThat(unset.getAdCount()).isZero();
    ads.put(Ads.settings().setPriorViews(5_000));
    ads.put(Ads.cpm("a", 10_000));

    GetNetworkResponse set = network("n");

    assertThat(set.getSettings())
        .isEqualTo(
            NetworkConfig.DEFAULTS.toBuilder().setPriorViews(5_000).setExplorationShare(0).build());
    assertThat(set.getAdCount()).isEqualTo(1);
  }

  @Test
  void whatRulesCannotSayIsRefused() {
    assertRefused(
        "settings.reservation_window",
        () ->
            ads.put(
                Ads.settings()
                    .setEventWindow(Durations.fromSeconds(60))
                    .setReservationWindow(Durations.fromSeconds(61))));
    assertRefused("settings.analyzer", () -> ads.put(Ads.settings().setAnalyzer("klingon")));
    assertRefused(
        "settings.decay_half_life", () -> ads.put(Ads.settings().setDecayHalfLife(Ads.seconds(5))));
    assertRefused(
        "settings.reservation_window",
        () -> ads.put(Ads.settings().setReservationWindow(Ads.seconds(901))));
    assertRefused("words", () -> ads.target(ads.page("word").setContent("content")));
    assertRefused("ad.words", () -> ads.put(Ads.cpm("a", 1_000).setContent("c").addWords("w")));
    assertRefused("ad.bid_micros", () -> ads.put(Ads.cpm("a", 999)));
    assertRefused(
        "ad.end_time",
        () ->
            ads.put(
                Ads.cpm("a", 1_000)
                    .setStartTime(Timestamps.fromSeconds(2))
                    .setEndTime(Timestamps.fromSeconds(2))));
    assertRefused(
        "ad.dimensions[device].values",
        () -> ads.put(Ads.cpm("a", 1_000).putDimensions("device", values())));
    assertRefused(
        "dimensions[device].values",
        () -> ads.target(ads.page().putDimensions("device", values("\n"))));
  }

  @Test
  void manyAdsAreStoredInOneCall() throws Exception {
    ads.put(Ads.cpm("a7", 10_000).setVersion(9));
    CompletableFuture<PutAdsResponse> answer = new CompletableFuture<>();
    StreamObserver<PutAdsRequest> requests =
        AdServerGrpc.newStub(TestServer.second().channel())
            .putAds(
                new StreamObserver<>() {
                  @Override
                  public void onNext(PutAdsResponse response) {
                    answer.complete(response);
                  }

                  @Override
                  public void onError(Throwable failure) {
                    answer.completeExceptionally(failure);
                  }

                  @Override
                  public void onCompleted() {}
                });
    for (int i = 0; i < 300; i++) {
      requests.onNext(
          PutAdsRequest.newBuilder()
              .setNetwork("n")
              .setAd(Ads.cpm("a" + i, 20_000 + i).setVersion(1))
              .build());
    }
    requests.onCompleted();

    PutAdsResponse response = answer.get(20, TimeUnit.SECONDS);

    assertThat(response.getStoredCount()).isEqualTo(299);
    assertThat(response.getSkippedCount()).isEqualTo(1);
    assertThat(ads.winner()).isEqualTo("a299");
  }

  @Test
  void rebuildFindsWordsByTheAnalyzerAsItIsNow() {
    ads.put(Ads.cpc("a", 10_000).setContent("running cars"));
    for (int i = 0; i < 120; i++) {
      ads.put(Ads.cpc("b" + i, 1_000).setContent("running"));
    }
    ads.put(Ads.settings().setAnalyzer("standard"));
    assertThat(ads.candidate("a", "cars").getMatchedWordsList()).isEmpty();

    long rebuilt =
        ads.stub().rebuild(RebuildRequest.newBuilder().setNetwork("n").build()).getAdCount();

    assertThat(rebuilt).isEqualTo(121);
    assertThat(ads.candidate("a", "cars").getMatchedWordsList()).containsExactly("cars");
    assertThat(get("a").getIndexedWordsList()).containsExactly("cars", "running");
  }

  /** A server that has not heard of another analyzer yet does not use the old one. */
  @Test
  void adsAreStoredWithTheWordsOfTheAnalyzerAsItIs() {
    assertThat(elsewhere.put(Ads.cpc("a", 10_000).setContent("cars")).getIndexedWordsList())
        .containsExactly("car");
    ads.put(Ads.settings().setAnalyzer("standard"));
    assertThat(elsewhere.put(Ads.cpc("a", 10_000).setContent("cars")).getIndexedWordsList())
        .containsExactly("cars");
  }

  /** A snapshot that is far behind, and one of a Redis that was emptied, begin anew. */
  @Test
  void serversNoticeThatRedisWasEmptied() {
    ads.put(Ads.cpm("a", 10_000));
    assertThat(elsewhere.winner()).isEqualTo("a");
    TestRedis.clear();
    assertThat(elsewhere.winner()).isEmpty();
    ads.put(Ads.settings());
    ads.put(Ads.cpm("b", 10_000));
    assertThat(elsewhere.winner()).isEqualTo("b");
  }

  /** Removals are not remembered for ever; who has not heard of them for long begins anew. */
  @Test
  void serversThatHaveMissedRemovalsBeginAnew() {
    for (int i = 0; i < 700; i++) {
      ads.put(Ads.cpm("a" + i, 10_000 + i));
    }
    assertThat(elsewhere.winner()).isEqualTo("a699");
    String network = "quoin:default:ads:{n}:";
    TestRedis.commands().hdel(network + "ads", "a699");
    TestRedis.commands().zrem(network + "changes", "aa699");
    ads.put(Ads.cpm("b", 1_000));
    TestRedis.commands()
        .hset(
            network + "head", "forgotten", TestRedis.commands().hget(network + "head", "revision"));

    assertThat(elsewhere.winner()).isEqualTo("a698");
  }

  @TestFactory
  Stream<DynamicTest> listsKeepWhatListsPromise() {
    return PagingKit.tests(
        AdServerGrpc.getListAdsMethod(),
        ListAdsRequest.newBuilder().setNetwork("n"),
        ListAdsRequest.newBuilder().setNetwork("other"),
        i -> ads.put(Ads.cpm("a" + i, 10_000)));
  }

  @TestFactory
  Stream<DynamicTest> networksAreListed() {
    return PagingKit.tests(
        AdServerGrpc.getListNetworksMethod(),
        ListNetworksRequest.newBuilder().setPrefix("shop"),
        ListNetworksRequest.newBuilder().setPrefix("other"),
        i -> ads.of("shop" + i).put(Ads.cpm("a", 10_000)));
  }

  @Test
  void networkIsListedWhileItHasAdsOrSettings() {
    ads.of("set").put(Ads.settings());
    ads.of("full").put(Ads.cpm("a", 10_000));
    ads.of("asked").stub().getNetwork(GetNetworkRequest.newBuilder().setNetwork("asked").build());
    assertThat(networks()).containsExactly("full 1", "set 0");
    ads.stub().removeAd(RemoveAdRequest.newBuilder().setNetwork("full").setAdId("a").build());
    assertThat(networks()).containsExactly("set 0");
    ads.of("full").put(Ads.cpm("b", 10_000));
    assertThat(networks()).containsExactly("full 1", "set 0");
  }

  private List<String> networks() {
    return ads
        .stub()
        .listNetworks(ListNetworksRequest.getDefaultInstance())
        .getNetworksList()
        .stream()
        .map(one -> one.getNetwork() + ' ' + one.getAdCount())
        .toList();
  }

  @TestFactory
  Stream<DynamicTest> decisionsCanBeRepeated() {
    return RequestIdKit.tests(
        AdServerGrpc.getTargetMethod(),
        name -> {
          Ads network = ads.of(name);
          network.put(Ads.settings());
          network.put(Ads.cpm("a", 10_000));
          return network.page();
        },
        page -> page.setSlot("another"),
        name -> ads.of(name).stats("a").getServedCount());
  }

  @TestFactory
  Stream<DynamicTest> figuresAreWatched() {
    return WatchKit.tests(
        AdServerGrpc.getWatchStatsMethod(),
        name -> {
          Ads network = ads.of(name);
          network.put(Ads.settings());
          network.put(Ads.cpm("a", 10_000));
          return WatchStatsRequest.newBuilder().setNetwork(name).setAdId("a");
        },
        (name, n) -> ads.of(name).show(1, 0, 0),
        (response, n) -> response.getStats().getViews() >= n);
  }

  private static void assertRefused(String field, Runnable call) {
    Refused refused = Refused.by(call::run);
    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsExactly(field);
  }

  private static DimensionValues values(String... values) {
    return DimensionValues.newBuilder().addAllValues(List.of(values)).build();
  }

  private boolean fits(String... dimensions) {
    TargetRequest.Builder page = ads.page();
    for (int i = 0; i < dimensions.length; i += 2) {
      page.putDimensions(dimensions[i], values(dimensions[i + 1]));
    }
    return ads.target(page).getAdsCount() > 0;
  }

  private Loss loss(String ad, String... words) {
    return ads.stub()
        .explain(
            ExplainRequest.newBuilder()
                .setNetwork("n")
                .addLocations(Ads.HERE)
                .addAllWords(List.of(words))
                .setAdId(ad)
                .build())
        .getCandidates(0)
        .getLoss();
  }

  private GetAdResponse get(String ad) {
    return elsewhere.stub().getAd(GetAdRequest.newBuilder().setNetwork("n").setAdId(ad).build());
  }

  private boolean remove(String ad) {
    return ads.stub()
        .removeAd(RemoveAdRequest.newBuilder().setNetwork("n").setAdId(ad).build())
        .getRemoved();
  }

  private GetNetworkResponse network(String network) {
    return elsewhere.stub().getNetwork(GetNetworkRequest.newBuilder().setNetwork(network).build());
  }
}
