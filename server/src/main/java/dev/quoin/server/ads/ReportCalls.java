// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.ReportActionRequest;
import dev.quoin.ads.v1.ReportActionResponse;
import dev.quoin.ads.v1.ReportClickRequest;
import dev.quoin.ads.v1.ReportClickResponse;
import dev.quoin.ads.v1.ReportOutcome;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.ReportViewResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import java.util.concurrent.CompletionStage;

/** The calls that report what became of decisions. */
final class ReportCalls {
  private static final int VIEW = 1;
  private static final int CLICK = 2;
  private static final int ACTION = 4;

  private final DecisionStore decisions;
  private final TokenSeal tokens;

  ReportCalls(DecisionStore decisions, TokenSeal tokens) {
    this.decisions = decisions;
    this.tokens = tokens;
  }

  private record Outcome(ReportOutcome outcome, String redirect) {}

  CompletionStage<ReportViewResponse> view(ReportViewRequest request, Call call) {
    return report(call, request.getTargetToken(), VIEW, request.getAdId())
        .thenApply(
            reported ->
                ReportViewResponse.newBuilder()
                    .setOutcome(reported.outcome())
                    .setRedirect(reported.redirect())
                    .build());
  }

  CompletionStage<ReportClickResponse> click(ReportClickRequest request, Call call) {
    return report(call, request.getTargetToken(), CLICK, request.getAdId())
        .thenApply(
            reported ->
                ReportClickResponse.newBuilder()
                    .setOutcome(reported.outcome())
                    .setRedirect(reported.redirect())
                    .build());
  }

  CompletionStage<ReportActionResponse> action(ReportActionRequest request, Call call) {
    return report(call, request.getTargetToken(), ACTION, request.getAdId())
        .thenApply(
            reported ->
                ReportActionResponse.newBuilder()
                    .setOutcome(reported.outcome())
                    .setRedirect(reported.redirect())
                    .build());
  }

  private CompletionStage<Outcome> report(Call call, String sealed, int event, String ad) {
    return tokens
        .open(call.scope(), sealed)
        .thenCompose(
            token -> {
              if (event != VIEW && token.ads() > 1 && ad.isEmpty()) {
                throw InvalidRequest.of(
                    "ad_id", "must be given, because the decision has several ads");
              }
              return decisions.report(call.scope(), token.network(), token, event, ad);
            })
        .thenApply(
            reported ->
                new Outcome(
                    ReportOutcome.forNumber(reported.outcome()),
                    StoredAd.redirect(reported.creative())));
  }
}
