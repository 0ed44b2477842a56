// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.ExplainRequest;
import dev.quoin.ads.v1.ExplainResponse;
import dev.quoin.ads.v1.FrequencyCap;
import dev.quoin.ads.v1.NoFill;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.ads.DecisionStore.Decided;
import dev.quoin.server.ads.DecisionStore.Loser;
import dev.quoin.server.ads.DecisionStore.Question;
import dev.quoin.server.ads.DecisionStore.Winner;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.waiting.Tokens;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;

/** Decides which ads are shown: this server proposes the best, one script chooses among them. */
final class TargetCalls {

  /** Candidates beyond the ads that are wanted, for some may be capped or short of money. */
  private static final int SPARE = 7;

  private static final long COST_OF_AN_AD = 2;

  /** Candidates at most; there are twice as many in each round. */
  private static final int MOST_CANDIDATES = 200;

  /** How often at most candidates are looked for again when too few could be shown. */
  private static final int MOST_ROUNDS = 8;

  /**
   * From this round on the network may change as it likes: the candidates are newer than the call.
   */
  private static final int GOOD_ENOUGH = 2;

  private static final long WHATEVER_CHANGED = 1L << 53;

  private final Catalogues catalogues;
  private final DecisionStore decisions;
  private final TokenSeal tokens;
  private final Reservations reservations;
  private final Explanations explanations;

  TargetCalls(
      Catalogues catalogues, DecisionStore decisions, TokenSeal tokens, Reservations reservations) {
    this.catalogues = catalogues;
    this.decisions = decisions;
    this.tokens = tokens;
    this.reservations = reservations;
    this.explanations = new Explanations(decisions);
  }

  CompletionStage<TargetResponse> target(TargetRequest request, Call call) {
    PageRequest.check("dimensions", request.getDimensionsMap());
    PageRequest.check("words", request.getContent(), request.getWordsList());
    return catalogues
        .get(call.scope(), request.getNetwork())
        .thenCompose(catalogue -> new Targeting(request, call.scope()).round(catalogue, 0));
  }

  CompletionStage<ExplainResponse> explain(ExplainRequest request, Call call) {
    PageRequest.check("dimensions", request.getDimensionsMap());
    PageRequest.check("words", request.getContent(), request.getWordsList());
    return catalogues
        .fresh(call.scope(), request.getNetwork())
        .thenCompose(
            catalogue ->
                catalogues
                    .workers()
                    // It looks at every candidate.
                    .compute(
                        call.scope(),
                        catalogue.all().size(),
                        () -> explanations.explain(call.scope(), request, catalogue)))
        .thenCompose(explained -> explained);
  }

  /** One call of Target. */
  private final class Targeting {
    private final TargetRequest request;
    private final RequestContext scope;
    private final Once once;
    private final String id = Tokens.next();
    private final String viewer;
    private final double luck = ThreadLocalRandom.current().nextDouble();
    private final Set<String> tried = new HashSet<>();
    private final Set<CapLevels.Reached> reached = new HashSet<>();
    private Candidate bestLoser;
    private NoFill whyBestLost = NoFill.NO_FILL_NO_MATCH;

    Targeting(TargetRequest request, RequestContext scope) {
      this.request = request;
      this.scope = scope;
      this.once = Once.of(request.getRequestId(), request);
      this.viewer = TargetToken.hash(request.getViewer());
    }

    CompletionStage<TargetResponse> round(Catalogue catalogue, int round) {
      PageRequest page = PageRequest.of(request, catalogue.config().words());
      boolean explores = luck < catalogue.config().settings().getExplorationShare();
      int most = mostCandidates(catalogue, page, explores, round);
      return catalogues
          .workers()
          .compute(
              scope,
              COST_OF_AN_AD * catalogue.effort().expected(),
              () -> Ranking.best(catalogue, page, most, ad -> isOut(catalogue, ad)))
          .thenCompose(found -> decide(catalogue, page, found, explores, most, round));
    }

    private int mostCandidates(Catalogue catalogue, PageRequest page, boolean explores, int round) {
      int most = Math.min(MOST_CANDIDATES, (page.count() + SPARE) << round);
      return explores
          ? (int) Math.max(most, catalogue.config().settings().getExplorationCandidates())
          : most;
    }

    private CompletionStage<TargetResponse> decide(
        Catalogue catalogue,
        PageRequest page,
        Ranking.Found found,
        boolean explores,
        int most,
        int round) {
      catalogue.effort().learn(found.looked());
      if (found.bestLoser() != null) {
        lost(found.bestLoser(), NoFill.forNumber(found.bestLoser().loss().getNumber()));
      }
      List<Candidate> candidates = found.candidates();
      List<Integer> order =
          explores ? Exploration.order(candidates) : Question.ranked(candidates.size());
      boolean more = candidates.size() == most && round < MOST_ROUNDS;
      long known = round < GOOD_ENOUGH ? catalogue.revision() : WHATEVER_CHANGED;
      Question question =
          new Question(catalogue, known, page, viewer, candidates, order, more, id, once);
      return decisions
          .decide(scope, request.getNetwork(), question)
          .thenCompose(
              decided -> {
                if (!decided.fresh()) {
                  return catalogues
                      .fresh(scope, request.getNetwork())
                      .thenCompose(newer -> round(newer, round + 1));
                }
                if (decided.revision() > catalogue.revision()) {
                  catalogues.hint(scope, request.getNetwork(), decided.revision());
                }
                return answer(catalogue, candidates, more, decided, round);
              });
    }

    private CompletionStage<TargetResponse> answer(
        Catalogue catalogue, List<Candidate> candidates, boolean more, Decided decided, int round) {
      if (!decided.winners().isEmpty()) {
        return won(catalogue, decided);
      }
      for (Loser loser : decided.losers()) {
        Candidate candidate = candidates.get(loser.place());
        lost(candidate, NoFill.forNumber(loser.reason()));
        tried.add(candidate.ad().id());
        if (!loser.cap().isEmpty()) {
          reached.add(CapLevels.reached(candidate.ad(), loser.cap()));
        }
      }
      if (decided.revision() > catalogue.revision() && round < GOOD_ENOUGH) {
        // Money may have come back since.
        tried.clear();
        reached.clear();
        bestLoser = null;
        whyBestLost = NoFill.NO_FILL_NO_MATCH;
        return catalogues
            .fresh(scope, request.getNetwork())
            .thenCompose(newer -> round(newer, GOOD_ENOUGH));
      }
      if (more) {
        return round(catalogue, round + 1);
      }
      return CompletableFuture.completedFuture(
          TargetResponse.newBuilder().setNoFill(whyBestLost).build());
    }

    /** Whether it is known to have lost in a round before, itself or by a cap that it shares. */
    private boolean isOut(Catalogue catalogue, AdEntry ad) {
      if (tried.contains(ad.id())) {
        return true;
      }
      List<FrequencyCap> caps = reached.isEmpty() ? List.of() : catalogue.capsOf(ad);
      return !caps.isEmpty() && reached.stream().anyMatch(cap -> cap.holdsFor(ad, caps));
    }

    private void lost(Candidate candidate, NoFill why) {
      if (bestLoser == null || candidate.compareTo(bestLoser) < 0) {
        bestLoser = candidate;
        whyBestLost = why;
      }
    }

    private CompletionStage<TargetResponse> won(Catalogue catalogue, Decided decided) {
      TargetResponse.Builder response = TargetResponse.newBuilder();
      for (Winner winner : decided.winners()) {
        response
            .addAdsBuilder()
            .setAdId(winner.ad())
            .setCreative(winner.creative())
            .setEcpmMicros(Math.round(winner.ecpm()))
            .setPriceMicros(winner.price());
      }
      reservations.use(scope, request.getNetwork());
      return tokens
          .seal(
              scope,
              catalogue.now(),
              decided.id(),
              viewer,
              decided.winners().size(),
              request.getNetwork())
          .thenApply(token -> response.setTargetToken(token).build());
    }
  }
}
