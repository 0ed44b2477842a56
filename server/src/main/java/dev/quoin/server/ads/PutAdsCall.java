// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.PutAdsRequest;
import dev.quoin.ads.v1.PutAdsResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;

/** One call of PutAds: counts what becomes of its ads. */
final class PutAdsCall implements RequestStreamHandler<PutAdsRequest> {
  private final CatalogueCalls catalogue;
  private final Call call;
  private final ResponseStream<PutAdsResponse> responses;
  private final AtomicLong stored = new AtomicLong();
  private final AtomicLong skipped = new AtomicLong();

  PutAdsCall(CatalogueCalls catalogue, Call call, ResponseStream<PutAdsResponse> responses) {
    this.catalogue = catalogue;
    this.call = call;
    this.responses = responses;
    call.onDrain(() -> responses.fail(ApiException.shuttingDown()));
  }

  @Override
  public CompletionStage<?> take(PutAdsRequest request) {
    return catalogue
        .put(call.scope(), request.getNetwork(), request.getAd())
        .thenAccept(put -> (put.getStored() ? stored : skipped).incrementAndGet());
  }

  @Override
  public void end() {
    responses.send(
        PutAdsResponse.newBuilder()
            .setStoredCount(stored.get())
            .setSkippedCount(skipped.get())
            .build());
    responses.complete();
  }
}
