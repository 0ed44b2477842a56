// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.ExplainResponse.Candidate;
import dev.quoin.ads.v1.Loss;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.Pacing;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import io.lettuce.core.ScriptOutputType;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Money is reserved by a decision, spent by an event, or given back. */
@Tag("redis")
final class BudgetTest {
  private static final int CALLERS = 50;
  private static final long PRICE = 1_000;

  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());

  @BeforeEach
  void clear() {
    TestRedis.clear();
    ads.put(Ads.settings());
  }

  @Test
  void priceIsReservedAtTheDecisionAndSpentByTheEvent() {
    ads.put(Ads.cpm("a", 1_000 * PRICE).setCampaign("c"));
    ads.set(ads.budget().setAdId("a").setTotalMicros(3 * PRICE));

    TargetResponse decision = ads.target();

    assertThat(used("a")).isEqualTo(PRICE);
    assertThat(ads.stats("a").getSpendMicros()).isZero();
    ads.view(decision);
    assertThat(used("a")).isEqualTo(PRICE);
    assertThat(ads.stats("a").getSpendMicros()).isEqualTo(PRICE);
    assertThat(ads.campaign("c").getSpendMicros()).isEqualTo(PRICE);
    assertThat(ads.all().getSpendMicros()).isEqualTo(PRICE);
    // A click costs a CPM ad nothing.
    ads.click(decision);
    assertThat(ads.stats("a").getSpendMicros()).isEqualTo(PRICE);
  }

  @Test
  void anExhaustedAdGivesWayAndSaysWhy() {
    ads.put(Ads.cpm("a", 1_000 * PRICE));
    ads.put(Ads.cpm("b", 500 * PRICE));
    ads.set(ads.budget().setAdId("a").setTotalMicros(2 * PRICE + PRICE / 2));
    assertThat(List.of(ads.winner(), elsewhere.winner(), ads.winner(), elsewhere.winner()))
        .containsExactly("a", "a", "b", "b");

    Candidate loser = elsewhere.candidate("a");

    assertThat(loser.getLoss()).isEqualTo(Loss.LOSS_OUT_OF_BUDGET);
    assertThat(loser.getBudgets(0).getUsedMicros()).isEqualTo(2 * PRICE);
    assertThat(loser.getBudgets(0).hasNextTopUpTime()).isFalse();
    ads.set(ads.budget().setAdId("b").setTotalMicros(0));
    assertThat(ads.target().getNoFill()).isEqualTo(NoFill.NO_FILL_OUT_OF_BUDGET);
    // More money opens it again, everywhere and at once.
    ads.set(ads.budget().setAdId("a").setTotalMicros(3 * PRICE));
    assertThat(List.of(elsewhere.winner(), elsewhere.winner())).containsExactly("a", "");
  }

  @Test
  void budgetsOfAdAndCampaignHoldTogether() {
    ads.put(Ads.cpm("a", 1_000 * PRICE).setCampaign("c"));
    ads.put(Ads.cpm("b", 900 * PRICE).setCampaign("c"));
    ads.set(ads.budget().setAdId("a").setDailyMicros(2 * PRICE));
    ads.set(ads.budget().setCampaign("c").setDailyMicros(2 * PRICE + 900));

    assertThat(List.of(ads.winner(), ads.winner(), ads.winner(), ads.winner()))
        .containsExactly("a", "a", "b", "");
    assertThat(ads.target().getNoFill()).isEqualTo(NoFill.NO_FILL_OUT_OF_BUDGET);
    assertThat(ads.campaign("c").getBudgetStatus().getUsedTodayMicros()).isEqualTo(2 * PRICE + 900);
    // The next day brings the money of that day.
    assertThat(ads.campaign("c").getBudgetStatus().getNextTopUpTime().getSeconds() % 86_400)
        .isZero();
  }

  /** A campaign without room for a dear ad may have some for a cheap one. */
  @Test
  void cheaperAdsOfACampaignGoOn() {
    ads.put(Ads.cpm("dear", 1_000 * PRICE).setCampaign("c"));
    ads.put(Ads.cpm("cheap", 100 * PRICE).setCampaign("c"));
    ads.set(ads.budget().setCampaign("c").setTotalMicros(PRICE + PRICE / 2));

    assertThat(ads.winner()).isEqualTo("dear");
    for (int i = 0; i < 5; i++) {
      assertThat(ads.winner()).isEqualTo("cheap");
    }
    assertThat(ads.winner()).isEmpty();
  }

  @Test
  void whatWasSpentBeforeThereWasABudgetCounts() {
    ads.put(Ads.cpm("a", 1_000 * PRICE));
    ads.show(5, 0, 0);
    ads.target();
    ads.set(ads.budget().setAdId("a").setTotalMicros(7 * PRICE));

    assertThat(List.of(ads.winner(), ads.winner())).containsExactly("a", "");
  }

  /** What an ad that was removed had reserved is not the money of one that comes after it. */
  @Test
  void adThatIsRemovedLeavesNothingToOneOfItsName() {
    Ads ads = this.ads.of("again");
    ads.put(Ads.settings());
    ads.put(Ads.cpc("a", PRICE));
    ads.set(ads.budget().setAdId("a").setTotalMicros(PRICE));
    TargetResponse before = ads.target();
    ads.remove("a");
    ads.put(Ads.cpc("a", PRICE));
    ads.set(ads.budget().setAdId("a").setTotalMicros(PRICE));

    TargetResponse after = ads.target();
    assertThat(ads.click(before)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    assertThat(ads.click(after)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);

    assertThat(ads.stats("a").getSpendMicros()).isEqualTo(PRICE);
    assertThat(ads.stats("a").getBudgetStatus().getUsedMicros()).isEqualTo(PRICE);
    assertThat(ads.all().getSpendMicros()).isEqualTo(2 * PRICE);
  }

  /** The first decision finds out; from then on all of its ads are passed over. */
  @Test
  void campaignWithoutMoneyHidesNoneOfTheOthersForLong() {
    for (int i = 0; i < 200; i++) {
      ads.put(Ads.cpm("x" + i, (1_000 + i) * PRICE).setCampaign("empty"));
    }
    ads.put(Ads.cpm("z", 10 * PRICE));
    ads.set(ads.budget().setCampaign("empty").setTotalMicros(0));

    ads.winner();

    assertThat(ads.winner()).isEqualTo("z");
  }

  @Test
  void spentTotalOfAPacedBudgetIsNotToldAsPaced() {
    ads.put(Ads.cpm("a", 1_000 * PRICE));
    ads.set(
        ads.budget()
            .setAdId("a")
            .setDailyMicros(1_000_000 * PRICE)
            .setTotalMicros(2 * PRICE)
            .setPacing(Pacing.PACING_EVEN));
    useUp(2 * PRICE - PRICE / 2);

    for (int i = 0; i < 3; i++) {
      assertThat(ads.target().getNoFill()).isEqualTo(NoFill.NO_FILL_OUT_OF_BUDGET);
    }
  }

  @Test
  void sameBudgetSetAgainReleasesNothing() {
    ads.put(Ads.cpm("a", 1_000 * PRICE));
    long allowance = 0;
    for (int i = 0; i < 3; i++) {
      ads.set(
          ads.budget().setAdId("a").setDailyMicros(2_400 * PRICE).setPacing(Pacing.PACING_EVEN));
      ads.winner();
      long now = ads.stats("a").getBudgetStatus().getAllowanceMicros();
      assertThat(now).isEqualTo(i == 0 ? now : allowance);
      allowance = now;
    }
  }

  @Test
  void reservationsComeBackWhenTheirTimeIsOver() {
    // Servers list networks in use once in an hour; this one has not been used before.
    Ads ads = this.ads.of("returning");
    ads.put(Ads.settings().setEventWindow(Ads.seconds(1)));
    ads.put(Ads.cpc("a", PRICE));
    ads.set(ads.budget().setAdId("a").setTotalMicros(3 * PRICE));
    TargetResponse paid = ads.target();
    assertThat(ads.click(paid)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    TargetResponse unpaid = ads.target();
    assertThat(ads.view(unpaid)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    ads.target();
    assertThat(ads.winner()).isEmpty();

    // By the maintainer of some server, with no call that would do it.
    assertThat(elsewhere.of("returning").winner()).isEmpty();
    Eventually.until("the money is back", () -> rawUsed("returning") == PRICE);

    assertThat(elsewhere.of("returning").winner()).isEqualTo("a");
    assertThat(ads.click(unpaid)).isEqualTo(ReportOutcome.REPORT_OUTCOME_EXPIRED);
    assertThat(ads.stats("a").getSpendMicros()).isEqualTo(PRICE);
    assertThat(ads.all().getLateCount()).isEqualTo(1);
  }

  /** Money that is given back early: a later click is paid while there is some, and then free. */
  @Test
  void shortReservationsLetSmallBudgetsBeSpentAndStillHold() {
    Ads ads = this.ads.of("short");
    ads.put(Ads.settings().setReservationWindow(Ads.seconds(1)));
    ads.put(Ads.cpc("a", PRICE).setCampaign("c"));
    ads.set(ads.budget().setCampaign("c").setTotalMicros(2 * PRICE));
    List<TargetResponse> decisions = new ArrayList<>();
    decisions.add(ads.target());
    decisions.add(ads.target());
    assertThat(ads.winner()).isEmpty();
    Eventually.until(
        "money is back, and reserved again",
        () -> {
          TargetResponse decision = ads.target();
          if (decision.getAdsCount() > 0) {
            decisions.add(decision);
          }
          return decisions.size() == 4;
        });
    Eventually.until(
        "all is given back", () -> ads.campaign("c").getBudgetStatus().getUsedMicros() == 0);

    for (TargetResponse decision : decisions) {
      assertThat(ads.click(decision)).isEqualTo(ReportOutcome.REPORT_OUTCOME_ACCEPTED);
    }

    AdStats stats = ads.stats("a");
    assertThat(stats.getClicks()).isEqualTo(4);
    assertThat(stats.getSpendMicros()).isEqualTo(2 * PRICE);
    assertThat(stats.getUnpaidCount()).isEqualTo(2);
    assertThat(ads.campaign("c").getBudgetStatus().getUsedMicros()).isEqualTo(2 * PRICE);
  }

  @Test
  void fiftyCallersOnTwoServersNeverOverspend() throws Exception {
    long daily = 200 * PRICE + 7;
    ads.put(Ads.cpm("a", 1_000 * PRICE).setCampaign("c"));
    ads.put(Ads.cpc("b", 999 * PRICE / 1_000).setCampaign("c"));
    ads.put(Ads.cpa("d", 998 * PRICE / 1_000).setCampaign("c"));
    ads.set(ads.budget().setAdId("a").setTotalMicros(150 * PRICE));
    ads.set(ads.budget().setCampaign("c").setDailyMicros(daily));
    AtomicLong promised = new AtomicLong();
    ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
    CountDownLatch done = new CountDownLatch(CALLERS);
    for (int n = 0; n < CALLERS; n++) {
      Random random = new Random(n);
      Ads server = n % 2 == 0 ? ads : elsewhere;
      new Thread(
              () -> {
                try {
                  for (int i = 0; i < 20; i++) {
                    TargetResponse decision = server.target();
                    if (decision.getAdsCount() > 0) {
                      promised.addAndGet(decision.getAds(0).getPriceMicros());
                      report(random.nextBoolean() ? ads : elsewhere, decision, random);
                    }
                  }
                } catch (RuntimeException e) {
                  failures.add(e);
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    assertThat(done.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(failures).isEmpty();

    AdStats campaign = ads.campaign("c");
    assertThat(promised.get()).isLessThanOrEqualTo(daily);
    // Within one event of the limit.
    assertThat(promised.get()).isGreaterThan(daily - PRICE);
    assertThat(campaign.getBudgetStatus().getUsedTodayMicros()).isEqualTo(promised.get());
    assertThat(campaign.getSpendMicros()).isLessThanOrEqualTo(promised.get());
    assertThat(used("a")).isLessThanOrEqualTo(150 * PRICE);
    long spent = 0;
    for (String ad : List.of("a", "b", "d")) {
      spent += ads.stats(ad).getSpendMicros();
    }
    assertThat(spent).isEqualTo(campaign.getSpendMicros());
  }

  private static void report(Ads server, TargetResponse decision, Random random) {
    // Some are reported twice, some not at all.
    for (int times = random.nextInt(3); times > 0; times--) {
      server.view(decision);
      server.click(decision);
      server.action(decision);
    }
  }

  @Test
  void reservationsOfAKilledServerComeBack() throws Exception {
    ads.put(Ads.settings().setEventWindow(Ads.seconds(2)));
    ads.put(Ads.cpc("a", PRICE));
    ads.set(ads.budget().setAdId("a").setTotalMicros(20 * PRICE));
    try (ServerProcess doomed =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      Ads there = new Ads(AdServerGrpc.newBlockingStub(doomed.channel()), ads.network());
      List<Thread> callers = new ArrayList<>();
      CountDownLatch some = new CountDownLatch(5);
      for (int i = 0; i < 4; i++) {
        Thread caller =
            new Thread(
                () -> {
                  try {
                    for (int n = 0; n < 1_000; n++) {
                      there.target();
                      some.countDown();
                    }
                  } catch (StatusRuntimeException killed) {
                    some.countDown();
                  }
                });
        caller.start();
        callers.add(caller);
      }
      assertThat(some.await(20, TimeUnit.SECONDS)).isTrue();
      doomed.kill();
      for (Thread caller : callers) {
        caller.join();
      }
    }
    assertThat(rawUsed("n")).isPositive().isLessThanOrEqualTo(20 * PRICE);

    Eventually.until("the money is back", () -> rawUsed("n") == 0);

    assertThat(ads.winner()).isEqualTo("a");
  }

  /**
   * Even pacing leaves something for later: an hour has its share, and says when the next comes.
   * The share of the last one is all that is left of the day.
   */
  @Test
  void pacedAdsLoseTheAuctionAndDoNotVanish() {
    Ad.Builder ad = Ads.cpm("a", 1_000 * PRICE);
    ads.put(ad);
    ads.put(Ads.cpm("b", 1_000));
    long daily = 24_000 * PRICE;
    ads.set(ads.budget().setAdId("a").setDailyMicros(daily).setPacing(Pacing.PACING_EVEN));
    int shown = 0;
    while (ads.winner().equals("a") && shown < 10_000) {
      shown++;
      if (shown == 3) {
        // As if most of this hour's share were used up.
        long left = ads.stats("a").getBudgetStatus().getAllowanceMicros() - 3 * PRICE;
        useUp(left - 4 * PRICE);
      }
    }

    Candidate loser = ads.candidate("a");

    assertThat(shown).isBetween(6, 8);
    boolean last = LocalTime.now(ZoneOffset.UTC).isAfter(LocalTime.of(23, AdStore.minute("a")));
    assertThat(loser.getLoss()).isEqualTo(last ? Loss.LOSS_OUT_OF_BUDGET : Loss.LOSS_PACED);
    assertThat(loser.getBudgets(0).getUsedTodayMicros())
        .isLessThanOrEqualTo(loser.getBudgets(0).getAllowanceMicros());
    long next = loser.getBudgets(0).getNextTopUpTime().getSeconds();
    assertThat(next - System.currentTimeMillis() / 1000).isBetween(0L, 3_601L);
    assertThat(next / 60 % 60).isIn((long) AdStore.minute("a"), 0L);
    ads.set(ads.budget().setAdId("b").setTotalMicros(0));
    assertThat(ads.target().getNoFill())
        .isEqualTo(last ? NoFill.NO_FILL_OUT_OF_BUDGET : NoFill.NO_FILL_PACED);
  }

  @Test
  void evenPacingNeedsADailyBudget() {
    Refused refused =
        Refused.by(
            () ->
                ads.set(
                    ads.budget().setCampaign("c").setTotalMicros(9).setPacing(Pacing.PACING_EVEN)));
    assertThat(refused.fields()).containsExactly("pacing");
  }

  /** The greatest budget and bid stay exact: one micro more or less makes the difference. */
  @Test
  void largeAmountsAreExact() {
    long most = 9_000_000_000_000_000L;
    long bid = 1_000_000_000_000L;
    ads.put(Ads.cpc("a", bid));
    ads.set(ads.budget().setAdId("a").setTotalMicros(most).setDailyMicros(most));
    useUp(most - bid);
    assertThat(ads.winner()).isEqualTo("a");
    assertThat(used("a")).isEqualTo(most);
    assertThat(ads.winner()).isEmpty();
    ads.set(ads.budget().setAdId("a").setTotalMicros(most));
    useUp(1 - bid);
    assertThat(ads.winner()).isEmpty();
    assertThat(used("a")).isEqualTo(most - bid + 1);
  }

  private long used(String ad) {
    return ads.stats(ad).getBudgetStatus().getUsedMicros();
  }

  /** Without any call that could give something back. */
  private static long rawUsed(String network) {
    return Long.parseLong(money(network, "return string.format('%.0f', m[7])", 0));
  }

  /** As if decisions had reserved so much. */
  private static void useUp(long micros) {
    money(
        "n",
        """
        m[6] = m[6] + ARGV[1]
        m[7] = m[7] + ARGV[1]
        redis.call('HSET', KEYS[1], 'aa', struct.pack('>dddddddddddd', unpack(m, 1, 12)))
        return ''
        """,
        micros);
  }

  private static String money(String network, String what, long micros) {
    return TestRedis.commands()
        .eval(
            "local m = {struct.unpack('>dddddddddddd', redis.call('HGET', KEYS[1], 'aa'))}\n"
                + what,
            ScriptOutputType.VALUE,
            new String[] {"quoin:default:ads:{" + network + "}:money"},
            Long.toString(micros));
  }
}
