// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.RemoveAdRequest;
import dev.quoin.ads.v1.ReportClickRequest;
import dev.quoin.ads.v1.ReportClickResponse;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Events, and the tokens by which they are reported. */
@Tag("redis")
final class ReportsTest {
  private static final ReportOutcome ACCEPTED = ReportOutcome.REPORT_OUTCOME_ACCEPTED;
  private static final ReportOutcome DUPLICATE = ReportOutcome.REPORT_OUTCOME_DUPLICATE;
  private static final ReportOutcome EXPIRED = ReportOutcome.REPORT_OUTCOME_EXPIRED;
  private static final ReportOutcome OUT_OF_ORDER = ReportOutcome.REPORT_OUTCOME_OUT_OF_ORDER;

  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ads.put(Ads.settings());
    ads.put(Ads.cpa("a", 5_000_000).setRedirect("https://a.example"));
  }

  @Test
  void eachKindOfEventCountsOnce() {
    TargetResponse decision = ads.target();

    assertThat(List.of(ads.view(decision), elsewhere.view(decision)))
        .containsExactly(ACCEPTED, DUPLICATE);
    assertThat(List.of(ads.click(decision), elsewhere.click(decision)))
        .containsExactly(ACCEPTED, DUPLICATE);
    assertThat(List.of(ads.action(decision), elsewhere.action(decision)))
        .containsExactly(ACCEPTED, DUPLICATE);
    AdStats stats = ads.stats("a");
    assertThat(stats.getViews()).isEqualTo(1);
    assertThat(stats.getClicks()).isEqualTo(1);
    assertThat(stats.getActions()).isEqualTo(1);
    assertThat(stats.getSpendMicros()).isEqualTo(5_000_000);
  }

  /** In the source a click that is sent again counts again. */
  @Test
  void defectReplayedClicksAreNoClicks() {
    TargetResponse decision = ads.target();
    for (int i = 0; i < 10; i++) {
      ReportClickRequest click =
          ReportClickRequest.newBuilder()
              .setTargetToken(decision.getTargetToken())
              .setEventId("e" + i)
              .build();
      ReportClickResponse response = elsewhere.stub().reportClick(click);
      assertThat(response.getOutcome()).isEqualTo(i == 0 ? ACCEPTED : DUPLICATE);
      assertThat(response.getRedirect()).isEqualTo("https://a.example");
    }
    assertThat(ads.stats("a").getClicks()).isEqualTo(1);
  }

  @Test
  void actionsNeedAClick() {
    TargetResponse decision = ads.target();
    ads.view(decision);

    assertThat(ads.action(decision)).isEqualTo(OUT_OF_ORDER);
    assertThat(ads.stats("a").getActions()).isZero();
    ads.click(decision);
    assertThat(ads.action(decision)).isEqualTo(ACCEPTED);
  }

  @Test
  void clickProvesTheView() {
    TargetResponse decision = ads.target();
    ads.click(decision);

    assertThat(ads.stats("a").getViews()).isEqualTo(1);
    assertThat(ads.view(decision)).isEqualTo(DUPLICATE);
    assertThat(ads.stats("a").getViews()).isEqualTo(1);
  }

  @Test
  void eventsThatComeTooLateDoNotCount() {
    ads.put(Ads.settings().setEventWindow(Ads.seconds(1)));
    TargetResponse decision = ads.target();
    TargetResponse clicked = ads.target();
    assertThat(ads.click(clicked)).isEqualTo(ACCEPTED);

    Eventually.until("it is over", () -> ads.view(decision) == EXPIRED);

    assertThat(ads.click(decision)).isEqualTo(EXPIRED);
    assertThat(ads.stats("a").getViews()).isEqualTo(2);
    assertThat(ads.stats("a").getClicks()).isEqualTo(1);
  }

  /** The time for an action begins with the click. */
  @Test
  void clickGivesTimeForAnAction() {
    ads.put(Ads.settings().setEventWindow(Ads.seconds(2)));
    TargetResponse decision = ads.target();
    TargetResponse other = ads.target();
    Eventually.until("a second has passed", () -> deadlineLeft(other) < 1_200);
    ads.click(decision);
    Eventually.until("the other one is over", () -> ads.view(other) == EXPIRED);

    assertThat(ads.action(decision)).isEqualTo(ACCEPTED);
  }

  @Test
  void forgedTokensAreRefused() {
    String token = ads.target().getTargetToken();
    Set<String> forged = new HashSet<>(List.of("x", "%%%", token.substring(4), token + "AAAA"));
    byte[] bytes = Base64.getUrlDecoder().decode(token);
    for (int i = 0; i < bytes.length; i++) {
      byte[] changed = bytes.clone();
      changed[i] ^= 1;
      forged.add(Base64.getUrlEncoder().withoutPadding().encodeToString(changed));
    }
    for (String text : forged) {
      Refused refused = Refused.by(() -> elsewhere.view(text));
      assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
      assertThat(refused.fields()).containsExactly("target_token");
    }
    assertThat(ads.all().getViews()).isZero();
    assertThat(TestRedis.commands().keys("quoin:-:ads:{%tokens}:*")).hasSize(1);
  }

  @Test
  void tokensOfAnotherNamespaceOrNetworkAreOfNoUse() {
    String token = ads.target().getTargetToken();
    Ads stranger = new Ads(ads.stub().withInterceptors(TestServer.in("elsewhere")), "n");
    assertThat(Refused.by(() -> stranger.view(token)).fields()).containsExactly("target_token");
    // A network of the same length in place of it: the token says which one it is of.
    String other =
        new String(Base64.getUrlDecoder().decode(token), StandardCharsets.ISO_8859_1)
            .replaceFirst("n$", "m");
    String forged =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(other.getBytes(StandardCharsets.ISO_8859_1));
    assertThat(Refused.by(() -> ads.view(forged)).fields()).containsExactly("target_token");
    assertThat(ads.view(token)).isEqualTo(ACCEPTED);
  }

  @Test
  void eventsOfSeveralAdsNameTheirAd() {
    ads.put(Ads.cpc("b", 6_000_000).setRedirect("https://b.example"));
    TargetResponse decision = ads.target(ads.page().setCount(2));
    String token = decision.getTargetToken();
    assertThat(decision.getAdsCount()).isEqualTo(2);

    assertThat(Refused.by(() -> ads.click(decision)).fields()).containsExactly("ad_id");
    assertThat(Refused.by(() -> click(token, "x")).reason()).isEqualTo("AD_NOT_FOUND");
    assertThat(click(token, "b").getOutcome()).isEqualTo(ACCEPTED);
    assertThat(click(token, "b").getRedirect()).isEqualTo("https://b.example");
    // The view of b is known by its click; this one is of both.
    assertThat(ads.view(decision)).isEqualTo(ACCEPTED);
    assertThat(ads.stats("a").getViews()).isEqualTo(1);
    assertThat(ads.stats("b").getViews()).isEqualTo(1);
    assertThat(view(token, "a")).isEqualTo(DUPLICATE);
  }

  @Test
  void eventsOfARemovedAdCountForItsCampaign() {
    ads.put(Ads.cpc("b", 6_000_000).setCampaign("c"));
    TargetResponse decision = ads.target();
    ads.stub().removeAd(RemoveAdRequest.newBuilder().setNetwork("n").setAdId("b").build());

    assertThat(ads.click(decision)).isEqualTo(ACCEPTED);

    assertThat(ads.campaign("c").getClicks()).isEqualTo(1);
    assertThat(ads.campaign("c").getSpendMicros()).isEqualTo(6_000_000);
    assertThat(TestRedis.commands().hexists("quoin:default:ads:{n}:counts", "ab")).isFalse();
  }

  @Test
  void keysOfTokensEndAfterFourDays() {
    ads.target();
    List<String> keys = TestRedis.commands().keys("quoin:-:ads:{%tokens}:*");
    assertThat(keys).isNotEmpty();
    keys.forEach(
        key -> assertThat(TestRedis.commands().pttl(key)).isBetween(250_000_000L, 345_600_000L));
  }

  private ReportClickResponse click(String token, String ad) {
    return ads.stub()
        .reportClick(ReportClickRequest.newBuilder().setTargetToken(token).setAdId(ad).build());
  }

  private ReportOutcome view(String token, String ad) {
    return ads.stub()
        .reportView(ReportViewRequest.newBuilder().setTargetToken(token).setAdId(ad).build())
        .getOutcome();
  }

  /** Milliseconds for which events of a decision still count. */
  private static long deadlineLeft(TargetResponse decision) {
    byte[] token = Base64.getUrlDecoder().decode(decision.getTargetToken());
    String id = TargetToken.parse(Arrays.copyOfRange(token, 16, token.length)).id();
    Double deadline = TestRedis.commands().zscore("quoin:default:ads:{n}:deadlines", id);
    return deadline == null ? 0 : (long) (deadline - System.currentTimeMillis());
  }
}
