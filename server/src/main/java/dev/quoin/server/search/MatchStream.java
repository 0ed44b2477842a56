// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.WatchMatchesRequest;
import dev.quoin.search.v1.WatchMatchesResponse;
import dev.quoin.search.v1.WatchMatchesResponse.Match;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Tails;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.ReconnectReason;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/** One WatchMatches: filters what its subscription brings. */
final class MatchStream implements Subscriber<MatchEntry> {
  private final Tails tails;
  private final String domain;
  private final WatchMatchesRequest request;
  private final Set<String> wanted;
  private final ResponseStream<WatchMatchesResponse> responses;
  private final Subscription<MatchEntry> subscription;
  private boolean begun;

  MatchStream(
      Tails tails,
      WatchMatchesRequest request,
      Call call,
      ResponseStream<WatchMatchesResponse> responses) {
    this.tails = tails;
    this.domain = "search:" + call.scope().namespace();
    this.request = request;
    this.wanted = new HashSet<>(request.getQueryIdsList());
    this.responses = responses;
    this.subscription = tails.subscribe(domain, this, Subscription.SlowReader.CATCH_UP);
    responses.onReady(subscription::ready);
    call.onCancel(() -> subscription.end(() -> {}));
    call.onDrain(() -> subscription.end(this::reconnect));
  }

  void open(List<MatchLog> logs) {
    Cursor cursor = tails.cursor(domain, request.getCursor());
    if (!cursor.isOfAny(logs.stream().map(LogSource::channel).toList())) {
      throw InvalidRequest.of("cursor", "must be a cursor of this index");
    }
    CompletableFuture<?>[] follows =
        logs.stream()
            .map(log -> subscription.follow(log, cursor.start(log.channel(), 0)))
            .map(follow -> follow.toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(follows)
        .whenComplete(
            (followed, failure) -> {
              if (failure == null) {
                subscription.start();
              } else {
                subscription.end(() -> responses.fail(failure));
              }
            });
  }

  @Override
  public boolean isReady() {
    return responses.isReady();
  }

  @Override
  public boolean entries(LogSource<MatchEntry> log, List<MatchEntry> entries) {
    LongFunction<String> cursors = subscription.cursors(log);
    boolean told = false;
    for (MatchEntry entry : entries) {
      List<String> queries =
          entry.match().getQueryIdsList().stream()
              .filter(id -> wanted.isEmpty() || wanted.contains(id))
              .toList();
      if (!queries.isEmpty()) {
        Match.Builder match =
            entry.match().toBuilder()
                .clearQueryIds()
                .addAllQueryIds(queries)
                .setCursor(cursors.apply(entry.position()));
        responses.send(WatchMatchesResponse.newBuilder().setMatch(match).build());
        told = true;
      }
    }
    return told;
  }

  @Override
  public void gap(LogSource<MatchEntry> log, long from, long to) {
    responses.send(
        WatchMatchesResponse.newBuilder()
            .setGap(
                Gap.newBuilder()
                    .setName(String.valueOf(((MatchLog) log).partition()))
                    .setMissed(Math.max(0, to - from + 1))
                    .setCursor(subscription.cursor()))
            .build());
  }

  @Override
  public void heartbeat() {
    begun = true;
    responses.send(
        WatchMatchesResponse.newBuilder()
            .setHeartbeat(Streams.alive(subscription.cursor()))
            .build());
  }

  @Override
  public void fellBehind() {
    reconnect();
  }

  @Override
  public void failed(Throwable failure) {
    responses.fail(failure);
  }

  private void reconnect() {
    responses.send(
        WatchMatchesResponse.newBuilder()
            .setReconnect(
                Streams.reconnect(
                    ReconnectReason.RECONNECT_REASON_DRAINING,
                    begun ? subscription.cursor() : request.getCursor()))
            .build());
    responses.complete();
  }
}
