// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.BudgetStatus;
import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.ExplainResponse;
import dev.quoin.ads.v1.FrequencyCap;
import dev.quoin.ads.v1.Loss;
import dev.quoin.server.ads.DecisionStore.Explained;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Defaults;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;

/** Tells why candidates win or lose. */
final class Explanations {
  private static final int DEFAULT_ITEMS = 20;

  private final DecisionStore decisions;

  Explanations(DecisionStore decisions) {
    this.decisions = decisions;
  }

  CompletionStage<ExplainResponse> explain(
      RequestContext scope, ExplainRequest request, Catalogue catalogue) {
    PageRequest page = PageRequest.of(request, catalogue.config().words());
    int most = Defaults.orElse(request.getMaxItems(), DEFAULT_ITEMS);
    Ranking.Found found = Ranking.all(catalogue, page, most);
    // Those below the reserve price come last, and take no part.
    List<Candidate> able = new ArrayList<>();
    List<Candidate> others = new ArrayList<>();
    for (Candidate candidate : found.candidates()) {
      (candidate.loss() == Loss.LOSS_BELOW_RESERVE ? others : able).add(candidate);
    }
    AdEntry asked = catalogue.all().get(request.getAdId());
    if (asked != null
        && found.candidates().stream().noneMatch(c -> c.ad().id().equals(asked.id()))) {
      others.add(Ranking.one(catalogue, page, asked));
    }
    int taking = able.size();
    able.addAll(others);
    return decisions
        .explain(scope, request.getNetwork(), catalogue, page, viewer(request), able)
        .thenApply(
            explained -> {
              ExplainResponse.Builder response =
                  ExplainResponse.newBuilder()
                      .setCandidateCount(found.count())
                      .addAllPageWords(new TreeSet<>(page.words()));
              for (int i = 0; i < able.size(); i++) {
                response.addCandidates(
                    candidate(catalogue, page, able.get(i), explained.get(i), i < taking));
              }
              return response.build();
            });
  }

  private static String viewer(ExplainRequest request) {
    return TargetToken.hash(request.getViewer());
  }

  private static ExplainResponse.Candidate.Builder candidate(
      Catalogue catalogue,
      PageRequest page,
      Candidate candidate,
      Explained explained,
      boolean takesPart) {
    AdEntry ad = candidate.ad();
    ExplainResponse.Candidate.Builder response =
        ExplainResponse.Candidate.newBuilder()
            .setAdId(ad.id())
            .setBaseEcpmMicros(Math.round(ad.score().base()))
            .setBonusMicros(Math.round(candidate.bonus()))
            .setEcpmMicros(Math.round(candidate.ecpm()))
            .setPriceMicros(explained.price())
            .setLoss(takesPart ? loss(explained) : loss(candidate));
    for (int word : candidate.matched()) {
      response.addMatchedWords(ad.words()[word]);
    }
    long now = catalogue.now();
    addBudget(response, catalogue.budgets().get('a' + ad.id()), explained.ofAd(), now);
    addBudget(response, catalogue.budgets().get('c' + ad.campaign()), explained.ofCampaign(), now);
    if (!page.viewer().isEmpty()) {
      addCaps(response, catalogue.capsOf(ad), explained.seen());
    }
    return response;
  }

  private static Loss loss(Explained explained) {
    if (explained.wins()) {
      return Loss.LOSS_UNSPECIFIED;
    }
    return explained.reason() == 0 ? Loss.LOSS_OUTBID : Loss.forNumber(explained.reason());
  }

  private static Loss loss(Candidate candidate) {
    return candidate.loss() == null ? Loss.LOSS_OUTBID : candidate.loss();
  }

  private static void addBudget(
      ExplainResponse.Candidate.Builder response, byte[] budget, Money money, long now) {
    if (budget != null && money != null) {
      BudgetStatus status = money.status(budget, now);
      response.addBudgets(status);
    }
  }

  private static void addCaps(
      ExplainResponse.Candidate.Builder response, List<FrequencyCap> caps, String seen) {
    String[] counts = seen.isEmpty() ? new String[0] : seen.split(" ");
    for (int i = 0; i < counts.length; i++) {
      response
          .addCapsBuilder()
          .setFrequencyCap(caps.get(i))
          .setSeenCount(Long.parseLong(counts[i]));
    }
  }
}
