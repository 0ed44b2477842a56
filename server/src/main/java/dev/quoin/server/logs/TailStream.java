// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Subscription.SlowReader;
import dev.quoin.server.tail.Tails;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.ReconnectReason;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongFunction;

/** One Tail: filters what its subscription brings. */
final class TailStream implements Subscriber<Line> {
  private final Tails tails;
  private final TailRequest request;
  private final ResponseStream<TailResponse> responses;
  private final Subscription<Line> subscription;
  private boolean begun;

  TailStream(Tails tails, TailRequest request, Call call, ResponseStream<TailResponse> responses) {
    this.tails = tails;
    this.request = request;
    this.responses = responses;
    this.subscription =
        tails.subscribe(
            domain(call),
            this,
            request.getSlowReader() == dev.quoin.streams.v1.SlowReader.SLOW_READER_DISCONNECT
                ? SlowReader.DISCONNECT
                : SlowReader.CATCH_UP);
    responses.onReady(subscription::ready);
    call.onCancel(() -> subscription.end(() -> {}));
    call.onDrain(
        () -> subscription.end(() -> reconnect(ReconnectReason.RECONNECT_REASON_DRAINING)));
  }

  /** Where cursors of logs are valid. */
  static String domain(Call call) {
    return "logs:" + call.scope().namespace();
  }

  void open(LogStore logs, Call call) {
    Cursor cursor = tails.cursor(domain(call), request.getCursor());
    List<LogSource<Line>> sources =
        request.getNamesList().stream().map(name -> logs.source(call.scope(), name)).toList();
    if (!cursor.isOfAny(sources.stream().map(LogSource::channel).toList())) {
      throw InvalidRequest.of("cursor", "must be a cursor of one of the logs");
    }
    CompletableFuture<?>[] follows =
        sources.stream()
            .map(log -> subscription.follow(log, cursor.start(log.channel(), request.getLast())))
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
  public boolean entries(LogSource<Line> log, List<Line> lines) {
    TailResponse.Entries.Builder entries = TailResponse.Entries.newBuilder().setName(name(log));
    LongFunction<String> cursors = subscription.cursors(log);
    for (Line line : lines) {
      if (isWanted(line)) {
        entries.addEntries(line.entry(cursors.apply(line.position())));
      }
    }
    if (entries.getEntriesCount() == 0) {
      return false;
    }
    responses.send(TailResponse.newBuilder().setNewEntries(entries).build());
    return true;
  }

  private boolean isWanted(Line line) {
    return line.entry().getSeverityValue() >= request.getMinimumSeverityValue()
        && line.entry().getText().contains(request.getContains());
  }

  @Override
  public void gap(LogSource<Line> log, long from, long to) {
    responses.send(
        TailResponse.newBuilder()
            .setGap(
                Gap.newBuilder()
                    .setName(name(log))
                    .setMissed(Math.max(0, to - from + 1))
                    .setCursor(subscription.cursor()))
            .build());
  }

  @Override
  public void heartbeat() {
    begun = true;
    responses.send(
        TailResponse.newBuilder().setHeartbeat(Streams.alive(subscription.cursor())).build());
  }

  @Override
  public void fellBehind() {
    reconnect(ReconnectReason.RECONNECT_REASON_SLOW_READER);
  }

  @Override
  public void failed(Throwable failure) {
    responses.fail(failure);
  }

  /** Until the first heartbeat not all logs have their place: it goes on where it was to begin. */
  private void reconnect(ReconnectReason reason) {
    responses.send(
        TailResponse.newBuilder()
            .setReconnect(
                Reconnect.newBuilder()
                    .setReason(reason)
                    .setCursor(begun ? subscription.cursor() : request.getCursor()))
            .build());
    responses.complete();
  }

  private static String name(LogSource<Line> log) {
    return ((LogStore.Source) log).name();
  }
}
