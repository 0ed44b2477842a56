// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.GetStatsRequest;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PutAdRequest;
import dev.quoin.ads.v1.PutNetworkRequest;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.ReportViewResponse;
import dev.quoin.ads.v1.SetBudgetRequest;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import io.grpc.Channel;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/** An ad pays each view that was reported once, and never more than its budget. */
final class AdWorkload implements Workload {
  private static final String NETWORK = "network";
  private static final String AD = "ad";
  private static final String LOCATION = "c/US";
  private static final long BID_MICROS = 1_000_000;
  private static final long BUDGET_MICROS = 1_500_000;

  private final Servers servers;
  private final Findings findings;
  private final AtomicLong owedMicros = new AtomicLong();
  private final AtomicBoolean isUncertain = new AtomicBoolean();

  AdWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
  }

  @Override
  public void prepare() throws Exception {
    Random random = new Random(0);
    servers.repeat(
        random,
        channel ->
            ads(channel).putNetwork(PutNetworkRequest.newBuilder().setNetwork(NETWORK).build()));
    Ad.Builder ad =
        Ad.newBuilder()
            .setId(AD)
            .setPricing(Pricing.PRICING_CPM)
            .setBidMicros(BID_MICROS)
            .addLocations(LOCATION)
            .setCreative("buy");
    servers.repeat(
        random,
        channel ->
            ads(channel).putAd(PutAdRequest.newBuilder().setNetwork(NETWORK).setAd(ad).build()));
    SetBudgetRequest budget =
        SetBudgetRequest.newBuilder()
            .setNetwork(NETWORK)
            .setAdId(AD)
            .setTotalMicros(BUDGET_MICROS)
            .build();
    servers.repeat(random, channel -> ads(channel).setBudget(budget));
  }

  @Override
  public void load(Random random) throws Exception {
    TargetRequest target =
        TargetRequest.newBuilder()
            .setNetwork(NETWORK)
            .addLocations(LOCATION)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    Optional<TargetResponse> page = servers.once(random, channel -> ads(channel).target(target));
    if (page.isEmpty() || page.get().getAdsCount() == 0) {
      return;
    }
    ReportViewRequest report =
        ReportViewRequest.newBuilder()
            .setTargetToken(page.get().getTargetToken())
            .setEventId(UUID.randomUUID().toString())
            .build();
    Optional<ReportViewResponse> answer =
        servers.repeat(random, channel -> ads(channel).reportView(report));
    if (answer.isEmpty()) {
      isUncertain.set(true);
    } else if (answer.get().getOutcome() == ReportOutcome.REPORT_OUTCOME_ACCEPTED
        || answer.get().getOutcome() == ReportOutcome.REPORT_OUTCOME_DUPLICATE) {
      // Nobody else has the decision: a duplicate is one of an earlier try.
      owedMicros.addAndGet(page.get().getAds(0).getPriceMicros());
    }
  }

  @Override
  public void check() throws Exception {
    GetStatsRequest get = GetStatsRequest.newBuilder().setNetwork(NETWORK).setAdId(AD).build();
    AdStats stats =
        servers
            .repeat(new Random(0), channel -> ads(channel).getStats(get))
            .orElseThrow()
            .getStats();
    long spent = stats.getSpendMicros();
    findings.say("the ad spent %d of %d micros".formatted(spent, BUDGET_MICROS));
    if (spent > BUDGET_MICROS) {
      findings.broken("an ad spent %d micros of %d", spent, BUDGET_MICROS);
    }
    boolean isExact = !isUncertain.get() && stats.getUnpaidCount() == 0;
    if (isExact && spent != owedMicros.get()) {
      findings.broken("an ad spent %d micros for views of %s", spent, owedMicros);
    }
  }

  private static AdServerGrpc.AdServerBlockingStub ads(Channel channel) {
    return AdServerGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
