// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.WatchTrendsResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import io.netty.util.Timer;
import java.util.concurrent.TimeUnit;

/** One WatchTrends: asks again and again. */
final class TrendWatch {
  private final Trends trends;
  private final Timer timer;
  private final RequestContext scope;
  private final Trends.Question question;
  private final long periodMillis;
  private final ResponseStream<WatchTrendsResponse> responses;
  private boolean ended;

  TrendWatch(
      Trends trends,
      Timer timer,
      Call call,
      Trends.Question question,
      long periodMillis,
      ResponseStream<WatchTrendsResponse> responses) {
    this.trends = trends;
    this.timer = timer;
    this.scope = call.scope().detached();
    this.question = question;
    this.periodMillis = periodMillis;
    this.responses = responses;
    call.onCancel(() -> end(() -> {}));
    call.onDrain(() -> end(() -> responses.fail(ApiException.shuttingDown())));
  }

  void tell() {
    if (isEnded()) {
      return;
    }
    trends
        .ask(scope, question)
        .whenComplete(
            (answer, failure) -> {
              if (failure == null) {
                responses.conflate(
                    WatchTrendsResponse.newBuilder()
                        .addAllIntervals(answer.intervals())
                        .setPartial(answer.partial())
                        .build());
              } else if (!ErrorMapper.isStoreAway(failure)) {
                end(() -> responses.fail(failure));
                return;
              }
              timer.newTimeout(t -> tell(), periodMillis, TimeUnit.MILLISECONDS);
            });
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  private synchronized void end(Runnable last) {
    if (!ended) {
      ended = true;
      last.run();
    }
  }
}
