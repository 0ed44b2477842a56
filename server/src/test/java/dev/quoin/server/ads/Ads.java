// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.AdServerGrpc.AdServerBlockingStub;
import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.ExplainResponse;
import dev.quoin.ads.v1.GetStatsRequest;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PutAdRequest;
import dev.quoin.ads.v1.PutAdResponse;
import dev.quoin.ads.v1.PutNetworkRequest;
import dev.quoin.ads.v1.RemoveAdRequest;
import dev.quoin.ads.v1.ReportActionRequest;
import dev.quoin.ads.v1.ReportClickRequest;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.SetBudgetRequest;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.TestServer;
import java.util.List;

/** The calls of one network, as tests make them. */
record Ads(AdServerBlockingStub stub, String network) {
  static final String HERE = "c/US";

  static Ads at(TestServer server) {
    return new Ads(AdServerGrpc.newBlockingStub(server.channel()), "n");
  }

  Ads of(String other) {
    return new Ads(stub, other);
  }

  /** Settings without chance: the best candidate wins. */
  static NetworkSettings.Builder settings() {
    return NetworkSettings.newBuilder().setExplorationShare(0);
  }

  void put(NetworkSettings.Builder settings) {
    stub.putNetwork(
        PutNetworkRequest.newBuilder().setNetwork(network).setSettings(settings).build());
  }

  static Ad.Builder ad(String id, Pricing pricing, long bid) {
    return Ad.newBuilder().setId(id).setPricing(pricing).setBidMicros(bid).addLocations(HERE);
  }

  static Ad.Builder cpm(String id, long bid) {
    return ad(id, Pricing.PRICING_CPM, bid);
  }

  static Ad.Builder cpc(String id, long bid) {
    return ad(id, Pricing.PRICING_CPC, bid);
  }

  static Ad.Builder cpa(String id, long bid) {
    return ad(id, Pricing.PRICING_CPA, bid);
  }

  PutAdResponse put(Ad.Builder ad) {
    return stub.putAd(PutAdRequest.newBuilder().setNetwork(network).setAd(ad).build());
  }

  SetBudgetRequest.Builder budget() {
    return SetBudgetRequest.newBuilder().setNetwork(network);
  }

  void set(SetBudgetRequest.Builder budget) {
    stub.setBudget(budget.build());
  }

  TargetRequest.Builder page(String... words) {
    return TargetRequest.newBuilder()
        .setNetwork(network)
        .addLocations(HERE)
        .addAllWords(List.of(words));
  }

  TargetResponse target(TargetRequest.Builder page) {
    return stub.target(page.build());
  }

  TargetResponse target(String... words) {
    return target(page(words));
  }

  /** The ad that is shown on a page, "" for none. */
  String winner(String... words) {
    TargetResponse response = target(words);
    return response.getAdsCount() == 0 ? "" : response.getAds(0).getAdId();
  }

  ExplainResponse explain(String... words) {
    return stub.explain(
        ExplainRequest.newBuilder()
            .setNetwork(network)
            .addLocations(HERE)
            .addAllWords(List.of(words))
            .build());
  }

  /** What an ad is worth on a page, in micros. */
  long ecpm(String ad, String... words) {
    return candidate(ad, words).getEcpmMicros();
  }

  ExplainResponse.Candidate candidate(String ad, String... words) {
    return explain(words).getCandidatesList().stream()
        .filter(candidate -> candidate.getAdId().equals(ad))
        .findFirst()
        .orElseThrow();
  }

  ReportOutcome view(TargetResponse decision) {
    return view(decision.getTargetToken());
  }

  ReportOutcome view(String token) {
    return stub.reportView(ReportViewRequest.newBuilder().setTargetToken(token).build())
        .getOutcome();
  }

  ReportOutcome click(TargetResponse decision) {
    return stub.reportClick(
            ReportClickRequest.newBuilder().setTargetToken(decision.getTargetToken()).build())
        .getOutcome();
  }

  ReportOutcome action(TargetResponse decision) {
    return stub.reportAction(
            ReportActionRequest.newBuilder().setTargetToken(decision.getTargetToken()).build())
        .getOutcome();
  }

  void remove(String ad) {
    stub.removeAd(RemoveAdRequest.newBuilder().setNetwork(network).setAdId(ad).build());
  }

  AdStats stats(String ad) {
    return stub.getStats(GetStatsRequest.newBuilder().setNetwork(network).setAdId(ad).build())
        .getStats();
  }

  AdStats campaign(String campaign) {
    return stub.getStats(
            GetStatsRequest.newBuilder().setNetwork(network).setCampaign(campaign).build())
        .getStats();
  }

  AdStats all() {
    return stub.getStats(GetStatsRequest.newBuilder().setNetwork(network).build()).getStats();
  }

  /** Shows an ad so many times on a page, with so many clicks and as many actions. */
  void show(int views, int clicks, int actions, String... words) {
    for (int i = 0; i < views; i++) {
      TargetResponse decision = target(words);
      view(decision);
      if (i >= views - clicks) {
        click(decision);
      }
      if (i >= views - actions) {
        action(decision);
      }
    }
  }

  static Duration seconds(long seconds) {
    return Durations.fromSeconds(seconds);
  }
}
