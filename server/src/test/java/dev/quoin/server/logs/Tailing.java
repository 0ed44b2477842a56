// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.streams.v1.Gap;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;

/** A Tail of a test that reads as many messages as it says. */
final class Tailing extends ClientCall.Listener<TailResponse> implements AutoCloseable {
  private static final int ALL = Integer.MAX_VALUE;

  private final List<TailResponse> events = new CopyOnWriteArrayList<>();
  private final List<String> texts = new CopyOnWriteArrayList<>();
  private final AtomicReference<String> cursor = new AtomicReference<>("");
  private final CompletableFuture<Status> end = new CompletableFuture<>();
  private final ClientCall<TailRequest, TailResponse> call;

  private Tailing(Channel channel) {
    call = channel.newCall(LogsGrpc.getTailMethod(), CallOptions.DEFAULT);
  }

  /** Opens a tail and waits until it has started. */
  static Tailing open(Channel channel, TailRequest.Builder request) {
    Tailing tailing = openSlow(channel, request);
    tailing.read(ALL - 1);
    return tailing;
  }

  /** Opens a tail that reads only the first message by itself. */
  static Tailing openSlow(Channel channel, TailRequest.Builder request) {
    Tailing tailing = begin(channel, request);
    Eventually.until(
        Duration.ofSeconds(60), "the tail starts", () -> !tailing.cursor.get().isEmpty());
    return tailing;
  }

  static Tailing begin(Channel channel, TailRequest.Builder request) {
    Tailing tailing = new Tailing(channel);
    tailing.call.start(tailing, new Metadata());
    tailing.call.request(1);
    tailing.call.sendMessage(request.build());
    tailing.call.halfClose();
    return tailing;
  }

  static TailRequest.Builder of(String... names) {
    return TailRequest.newBuilder().addAllNames(List.of(names));
  }

  void read(int messages) {
    call.request(messages);
  }

  /** The newest cursor received. */
  String cursor() {
    return cursor.get();
  }

  /** The texts of all entries received, in order. */
  List<String> texts() {
    return texts;
  }

  /** All messages received but heartbeats. */
  List<TailResponse> events() {
    return events;
  }

  List<Gap> gaps() {
    return events.stream().filter(TailResponse::hasGap).map(TailResponse::getGap).toList();
  }

  /** How the stream ended. */
  CompletableFuture<Status> end() {
    return end;
  }

  void awaitTexts(int count) {
    Eventually.until(
        Duration.ofSeconds(60), count + " entries are there", () -> texts.size() >= count);
  }

  @Override
  public void onMessage(TailResponse message) {
    if (!message.hasHeartbeat()) {
      events.add(message);
    }
    message.getNewEntries().getEntriesList().stream().map(LogEntry::getText).forEach(texts::add);
    cursor.set(cursor(message));
  }

  private static String cursor(TailResponse message) {
    return switch (message.getEventCase()) {
      case NEW_ENTRIES -> {
        List<LogEntry> entries = message.getNewEntries().getEntriesList();
        yield entries.get(entries.size() - 1).getCursor();
      }
      case GAP -> message.getGap().getCursor();
      case HEARTBEAT -> message.getHeartbeat().getCursor();
      default -> message.getReconnect().getCursor();
    };
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    end.complete(status);
  }

  @Override
  public void close() {
    call.cancel("the test is over", null);
  }
}
