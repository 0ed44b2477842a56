// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.Auction;
import dev.quoin.ads.v1.ExplainResponse.Candidate;
import dev.quoin.ads.v1.Loss;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.RemoveAdRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.ads.v1.TargetResponse.TargetedAd;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Who wins, and what is paid. */
@Tag("redis")
final class AuctionTest {
  private final Ads ads = Ads.at(TestServer.first());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void inAFirstPriceAuctionTheBidIsPaid() {
    ads.put(Ads.settings());
    ads.put(Ads.cpm("view", 2_500_999));
    assertThat(price("view")).isEqualTo(2_500);
    ads.put(Ads.cpc("click", 3_000_000));
    assertThat(price("click")).isEqualTo(3_000_000);
    ads.put(Ads.cpa("action", 9_000_000));
    assertThat(price("action")).isEqualTo(9_000_000);
  }

  /**
   * The runner-up is worth 2.00. A CPM ad pays 2.00 a thousand, 0.002 a view; a CPC ad with 1 click
   * in 1,000 views pays 2.00 / (1000 × 0.001) = 2.00 a click; each a micro more.
   */
  @Test
  void inASecondPriceAuctionTheRunnerUpIsPaid() {
    ads.put(second());
    ads.put(Ads.cpm("second", 2_000_000));
    ads.put(Ads.cpm("view", 5_000_000));
    assertThat(price("view")).isEqualTo(2_001);
    ads.stub().removeAd(remove("view"));
    ads.put(Ads.cpc("click", 3_000_000));
    assertThat(price("click")).isEqualTo(2_000_001);
    ads.stub().removeAd(remove("click"));
    ads.put(Ads.cpa("action", 4_000_000));
    assertThat(price("action")).isEqualTo(2_000_001);
  }

  @Test
  void nobodyPaysMoreThanTheBidOrLessThanTheReserve() {
    ads.put(second().setPriceIncrementMicros(700));
    ads.put(Ads.cpm("first", 2_100_000));
    ads.put(Ads.cpm("second", 2_000_000));
    assertThat(price("first")).isEqualTo(2_100);

    ads.put(second().setReservePriceMicros(2_050_000));
    assertThat(price("first")).isEqualTo(2_050);
    // Alone, and without a reserve price, it pays the increment.
    ads.put(second().setPriceIncrementMicros(7));
    ads.stub().removeAd(remove("second"));
    assertThat(price("first")).isEqualTo(7);
  }

  @Test
  void adsOfOnePageEachPayTheNext() {
    ads.put(second());
    for (int i = 1; i <= 4; i++) {
      ads.put(Ads.cpm("a" + i, i * 1_000_000));
    }

    TargetResponse decision = ads.target(ads.page().setCount(3));

    assertThat(decision.getAdsList())
        .extracting(TargetedAd::getAdId)
        .containsExactly("a4", "a3", "a2");
    assertThat(decision.getAdsList())
        .extracting(TargetedAd::getPriceMicros)
        .containsExactly(3_001L, 2_001L, 1_001L);
  }

  @Test
  void theRunnerUpIsOneThatCouldHaveBeenShown() {
    ads.put(second());
    ads.put(Ads.cpm("first", 5_000_000));
    ads.put(Ads.cpm("poor", 4_000_000));
    ads.put(Ads.cpm("third", 1_000_000));
    ads.set(ads.budget().setAdId("poor").setTotalMicros(3_999));

    assertThat(price("first")).isEqualTo(1_001);
  }

  /** Whether the runner-up could have been shown is asked before the winner takes its money. */
  @Test
  void theRunnerUpIsJudgedBeforeTheWinnerIsPaidFor() {
    ads.put(second());
    ads.put(Ads.cpm("first", 5_000_000).setCampaign("c"));
    ads.put(Ads.cpm("second", 4_000_000).setCampaign("c"));
    ads.put(Ads.cpm("third", 1_000_000));
    ads.set(ads.budget().setCampaign("c").setTotalMicros(5_000));

    assertThat(price("first")).isEqualTo(4_001);
  }

  /** What costs nothing is not unpaid. */
  @Test
  void aPriceOfNothingIsPaid() {
    ads.put(second().setPriceIncrementMicros(0));
    ads.put(Ads.cpm("a", 1_000_000));
    TargetResponse decision = ads.target();
    assertThat(decision.getAds(0).getPriceMicros()).isZero();
    ads.view(decision);

    assertThat(ads.all().getViews()).isEqualTo(1);
    assertThat(ads.all().getUnpaidCount()).isZero();
  }

  @Test
  void belowTheReservePriceNothingIsShown() {
    ads.put(Ads.settings().setReservePriceMicros(1_000_001));
    ads.put(Ads.cpm("a", 1_000_000));

    assertThat(ads.target().getNoFill()).isEqualTo(NoFill.NO_FILL_BELOW_RESERVE);
    assertThat(ads.candidate("a").getLoss()).isEqualTo(Loss.LOSS_BELOW_RESERVE);
  }

  @Test
  void tiesAreBrokenByTheOrderOfIds() {
    ads.put(Ads.settings());
    ads.put(Ads.cpm("b", 1_000_000));
    ads.put(Ads.cpm("a", 1_000_000));
    ads.put(Ads.cpm("c", 1_000_000));

    assertThat(ads.winner()).isEqualTo("a");
  }

  /** Half of the decisions choose in proportion to 6 : 3 : 1; so b wins 15 %, and c 5 %. */
  @Test
  void explorationChoosesInProportionToEcpm() {
    ads.put(NetworkSettings.newBuilder().setExplorationShare(0.5));
    ads.put(Ads.cpm("a", 6_000_000));
    ads.put(Ads.cpm("b", 3_000_000));
    ads.put(Ads.cpm("c", 1_000_000));
    Map<String, Integer> wins = new HashMap<>();
    for (int i = 0; i < 3_000; i++) {
      wins.merge(ads.winner(), 1, Integer::sum);
    }

    // Three standard deviations.
    assertThat(wins.get("b")).isBetween(450 - 59, 450 + 59);
    assertThat(wins.get("c")).isBetween(150 - 36, 150 + 36);
  }

  @Test
  void explorationConsidersTheBestHundred() {
    ads.put(NetworkSettings.newBuilder().setExplorationShare(1));
    for (int i = 0; i < 130; i++) {
      ads.put(Ads.cpm("a" + i, 1_000_000 + i));
    }
    for (int i = 0; i < 400; i++) {
      assertThat(Integer.parseInt(ads.winner().substring(1))).isGreaterThanOrEqualTo(30);
    }
  }

  @Test
  void explainTellsWithoutDoing() {
    ads.put(second());
    ads.put(Ads.cpc("a", 5_000_000).addWords("car").setCampaign("c"));
    ads.put(Ads.cpm("b", 2_000_000));
    ads.set(ads.budget().setCampaign("c").setDailyMicros(9_000_000));

    for (int i = 0; i < 3; i++) {
      Candidate winner = ads.candidate("a", "car", "tree");
      assertThat(winner.getLoss()).isEqualTo(Loss.LOSS_UNSPECIFIED);
      assertThat(winner.getMatchedWordsList()).containsExactly("car");
      assertThat(winner.getBaseEcpmMicros()).isEqualTo(5_000_000);
      assertThat(winner.getBonusMicros()).isZero();
      assertThat(winner.getPriceMicros()).isEqualTo(2_000_001);
      assertThat(winner.getBudgets(0).getUsedMicros()).isZero();
      assertThat(winner.getBudgets(0).getAllowanceMicros()).isEqualTo(9_000_000);
    }
    assertThat(ads.candidate("b").getLoss()).isEqualTo(Loss.LOSS_OUTBID);
    assertThat(ads.explain("car", "tree").getPageWordsList()).containsExactly("car", "tree");
    assertThat(ads.explain().getCandidateCount()).isEqualTo(2);
    assertThat(ads.all().getServedCount()).isZero();
    assertThat(TestRedis.commands().keys("*:open")).isEmpty();
  }

  private static NetworkSettings.Builder second() {
    return Ads.settings().setAuction(Auction.AUCTION_SECOND_PRICE);
  }

  private RemoveAdRequest remove(String ad) {
    return RemoveAdRequest.newBuilder().setNetwork("n").setAdId(ad).build();
  }

  private long price(String winner) {
    TargetResponse decision = ads.target();
    assertThat(decision.getAds(0).getAdId()).isEqualTo(winner);
    return decision.getAds(0).getPriceMicros();
  }
}
