// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

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
  void bestAdIsShownAndPaid() {
    ads.put(Ads.cpm("low", 400_000));
    ads.put(Ads.cpm("high", 500_000).setCreative("<b>x</b>").setRedirect("https://a.example"));

    TargetResponse decision = elsewhere.target();

    assertThat(decision.getAdsList()).hasSize(1);
    assertThat(decision.getAds(0).getAdId()).isEqualTo("high");
    assertThat(decision.getAds(0).getCreative()).isEqualTo("<b>x</b>");
    assertThat(decision.getAds(0).getEcpmMicros()).isEqualTo(500_000);
    assertThat(decision.getAds(0).getPriceMicros()).isEqualTo(500);
    assertThat(decision.getNoFill()).isEqualTo(NoFill.NO_FILL_UNSPECIFIED);
    assertThat(ads.view(decision)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    assertThat(ads.view(decision)).isEqualTo(ReportOutcome.REPORT_OUTCOME_DUPLICATE);
    assertThat(ads.stats("high").getSpendMicros()).isEqualTo(500);
    assertThat(ads.stats("high").getViews()).isEqualTo(1);
  }
}
