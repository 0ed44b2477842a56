// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.CapLevel;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.ExplainResponse.Candidate;
import dev.quoin.ads.v1.FrequencyCap;
import dev.quoin.ads.v1.Loss;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How often a viewer sees something. */
@Tag("redis")
final class CapsTest {
  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ads.put(Ads.settings());
  }

  @Test
  void viewersSeeAnAdAsOftenAsItsCapAllows() {
    ads.put(Ads.cpm("a", 10_000));
    ads.set(ads.budget().setAdId("a").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 2, 3_600)));

    assertThat(List.of(show(ads, "ann"), show(elsewhere, "ann"), show(ads, "ann")))
        .containsExactly("a", "a", "");
    assertThat(show(ads, "bob")).isEqualTo("a");
    // Without a viewer there is nobody to count for.
    assertThat(ads.winner()).isEqualTo("a");
    assertThat(ads.target(ads.page().setViewer("ann")).getNoFill())
        .isEqualTo(NoFill.NO_FILL_CAPPED);
    Candidate capped = explain("ann");
    assertThat(capped.getLoss()).isEqualTo(Loss.LOSS_CAPPED);
    assertThat(capped.getCaps(0).getSeenCount()).isEqualTo(2);
    assertThat(explain("eve").getCaps(0).getSeenCount()).isZero();
  }

  @Test
  void campaignsAndAccountsAreCappedTogether() {
    ads.put(Ads.cpm("a", 40_000).setCampaign("c1").setAccount("o"));
    ads.put(Ads.cpm("b", 30_000).setCampaign("c1").setAccount("o"));
    ads.put(Ads.cpm("d", 20_000).setCampaign("c2").setAccount("o"));
    ads.put(Ads.cpm("e", 10_000));
    ads.set(
        ads.budget()
            .setCampaign("c1")
            .addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 1, 3_600))
            .addFrequencyCaps(cap(CapLevel.CAP_LEVEL_CAMPAIGN, 2, 3_600)));
    ads.set(ads.budget().setAdId("d").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_ACCOUNT, 3, 3_600)));

    // d counts those of a and b, which are of its account and have no such cap themselves.
    assertThat(
            List.of(
                show(ads, "ann"), show(elsewhere, "ann"), show(ads, "ann"), show(elsewhere, "ann")))
        .containsExactly("a", "b", "d", "e");
  }

  @Test
  void windowsSlide() {
    ads.put(Ads.cpm("a", 10_000));
    ads.set(ads.budget().setAdId("a").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 1, 1)));
    assertThat(show(ads, "ann")).isEqualTo("a");
    assertThat(show(ads, "ann")).isEmpty();

    Eventually.until("the window has passed", () -> show(elsewhere, "ann").equals("a"));
  }

  /** A decision whose view never comes was none, once it cannot come any more. */
  @Test
  void viewsThatDoNotComeDoNotCount() {
    ads.put(Ads.settings().setEventWindow(Ads.seconds(1)));
    ads.put(Ads.cpm("a", 10_000));
    ads.set(ads.budget().setAdId("a").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 1, 3_600)));
    assertThat(show(ads, "seen")).isEqualTo("a");
    assertThat(ads.target(ads.page().setViewer("unseen")).getAdsCount()).isEqualTo(1);
    assertThat(ads.target(ads.page().setViewer("unseen")).getAdsCount()).isZero();

    Eventually.until(
        "the view can come no more",
        () -> ads.target(ads.page().setViewer("unseen")).getAdsCount() == 1);

    assertThat(show(ads, "seen")).isEmpty();
  }

  @Test
  void capsHoldForManyCallsAtOnce() throws Exception {
    ads.put(Ads.cpm("a", 10_000).setCampaign("c"));
    ads.set(
        ads.budget().setCampaign("c").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_CAMPAIGN, 5, 60)));
    AtomicInteger shown = new AtomicInteger();
    CountDownLatch done = new CountDownLatch(50);
    for (int i = 0; i < 50; i++) {
      Ads server = i % 2 == 0 ? ads : elsewhere;
      new Thread(
              () -> {
                if (server.target(server.page().setViewer("ann")).getAdsCount() == 1) {
                  shown.incrementAndGet();
                }
                done.countDown();
              })
          .start();
    }
    assertThat(done.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(shown).hasValue(5);
  }

  @Test
  void adsOfOnePageCountForEachOther() {
    for (int i = 0; i < 4; i++) {
      ads.put(Ads.cpm("a" + i, 10_000 + i).setAccount("o"));
    }
    ads.put(Ads.cpm("z", 5_000));
    for (int i = 0; i < 4; i++) {
      ads.set(
          ads.budget().setAdId("a" + i).addFrequencyCaps(cap(CapLevel.CAP_LEVEL_ACCOUNT, 2, 60)));
    }

    TargetResponse decision = ads.target(ads.page().setViewer("ann").setCount(5));

    assertThat(decision.getAdsList())
        .extracting(ad -> ad.getAdId())
        .containsExactly("a3", "a2", "z");
  }

  /** A hundred better ads of a campaign that the viewer has seen enough of hide no other ad. */
  @Test
  void adsBehindCappedOnesAreFound() {
    for (int i = 0; i < 100; i++) {
      ads.put(Ads.cpm("better" + i, 20_000 + i).setCampaign("c"));
    }
    ads.put(Ads.cpm("other", 10_000));
    ads.set(
        ads.budget().setCampaign("c").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_CAMPAIGN, 1, 60)));

    assertThat(show(ads, "ann")).isEqualTo("better99");
    assertThat(show(ads, "ann")).isEqualTo("other");
    assertThat(show(ads, "ann")).isEqualTo("other");
  }

  /** A page is filled when there are ads for it, however many better ones are capped. */
  @Test
  void pagesAreFilledBehindCappedAds() {
    for (int i = 0; i < 30; i++) {
      ads.put(Ads.cpm("seen" + i, 20_000 + i));
      ads.set(ads.budget().setAdId("seen" + i).addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 1, 60)));
    }
    for (int i = 0; i < 3; i++) {
      ads.put(Ads.cpm("new" + i, 10_000 + i));
    }
    for (int i = 0; i < 2; i++) {
      assertThat(ads.target(ads.page().setViewer("ann").setCount(15)).getAdsCount()).isEqualTo(15);
    }

    TargetResponse decision = ads.target(ads.page().setViewer("ann").setCount(5));

    assertThat(decision.getAdsList())
        .extracting(ad -> ad.getAdId())
        .containsExactly("new2", "new1", "new0");
  }

  @Test
  void whatIsKeptOfAViewerIsAHashThatExpires() {
    ads.put(Ads.cpm("a", 10_000));
    ads.set(ads.budget().setAdId("a").addFrequencyCaps(cap(CapLevel.CAP_LEVEL_AD, 2, 3_600)));
    show(ads, "ann@example.org");

    assertThat(TestRedis.commands().keys("*ann@*")).isEmpty();
    List<String> keys = TestRedis.commands().keys("*:viewer:*");
    assertThat(keys).hasSize(1);
    assertThat(TestRedis.commands().pttl(keys.get(0))).isBetween(3_500_000L, 3_600_000L);
  }

  /** Shows an ad and reports that it was seen. */
  private static String show(Ads server, String viewer) {
    TargetResponse decision = server.target(server.page().setViewer(viewer));
    if (decision.getAdsCount() == 0) {
      return "";
    }
    assertThat(server.view(decision)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    return decision.getAds(0).getAdId();
  }

  private Candidate explain(String viewer) {
    return ads.stub()
        .explain(
            ExplainRequest.newBuilder()
                .setNetwork("n")
                .addLocations(Ads.HERE)
                .setViewer(viewer)
                .build())
        .getCandidates(0);
  }

  private static FrequencyCap cap(CapLevel per, long views, long seconds) {
    return FrequencyCap.newBuilder()
        .setPer(per)
        .setViews(views)
        .setWindow(Ads.seconds(seconds))
        .build();
  }
}
