// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.social.TimelineLog.Event;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Tails;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.TimelineEvent;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import dev.quoin.streams.v1.ReconnectReason;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * A stream of what comes into a timeline and what goes, and of the profiles of authors who are
 * merged into it. What statuses say is read when they are brought; the stream takes nothing more
 * until that is sent.
 */
final class TimelineStream<R> implements Subscriber<Event> {
  private static final int AT_ONCE = 50;
  private static final long RETRY_MILLIS = 500;

  private final Social social;
  private final Timer timer;
  private final RequestContext scope;
  private final String viewer;
  private final String asked;
  private final Cursor cursor;
  private final Messages<R> messages;
  private final ResponseStream<R> responses;
  private final Subscription<Event> subscription;
  private volatile boolean loading;
  private boolean begun;
  private CompletableFuture<Void> sent = CompletableFuture.completedFuture(null);

  /** Makes the responses of an RPC. */
  interface Messages<R> {
    R added(TimelineEvent event);

    R removed(TimelineEvent event);

    R gap(Gap gap);

    R heartbeat(Heartbeat heartbeat);

    R reconnect(Reconnect reconnect);
  }

  TimelineStream(
      Social social,
      Tails tails,
      Timer timer,
      Call call,
      String viewer,
      String cursor,
      Messages<R> messages,
      ResponseStream<R> responses) {
    this.social = social;
    this.timer = timer;
    this.scope = call.scope().detached();
    this.viewer = viewer;
    this.asked = cursor;
    this.messages = messages;
    this.responses = responses;
    String domain = "social:" + scope.namespace();
    this.cursor = tails.cursor(domain, cursor);
    this.subscription = tails.subscribe(domain, this, Subscription.SlowReader.CATCH_UP);
    responses.onReady(subscription::ready);
    call.onCancel(() -> subscription.end(() -> {}));
    call.onDrain(this::drain);
  }

  /** Begins to follow a timeline, and profiles of authors who are merged into it. */
  void open(String timeline, List<String> authors) {
    List<TimelineLog> logs = new ArrayList<>();
    logs.add(social.log(scope, timeline));
    authors.forEach(author -> logs.add(profile(author)));
    if (!cursor.isOfAny(logs.stream().map(TimelineLog::channel).toList())) {
      throw InvalidRequest.of("cursor", "must be a cursor of the same timeline");
    }
    Futures.all(logs.stream().map(this::follow).toList())
        .whenComplete(
            (followed, failure) -> {
              if (failure == null) {
                subscription.start();
              } else {
                subscription.end(() -> responses.fail(failure));
              }
            });
  }

  /** What came before it was opened: it ends when that failed. */
  void opened(Object nothing, Throwable failure) {
    if (failure != null) {
      subscription.end(() -> responses.fail(ErrorMapper.refusal(failure)));
    }
  }

  private CompletionStage<Void> follow(TimelineLog log) {
    return subscription.follow(log, cursor.start(log.channel(), 0));
  }

  private TimelineLog profile(String author) {
    Ref ref = new Ref(scope.namespace(), Ref.USER, author);
    return social.log(scope, UserKeys.of(social.keyspace(), ref).key("profile:"));
  }

  @Override
  public boolean isReady() {
    return !loading && responses.isReady();
  }

  @Override
  public int atOnce() {
    return AT_ONCE;
  }

  @Override
  public boolean entries(LogSource<Event> log, List<Event> events) {
    LongFunction<String> cursors = subscription.cursors(log);
    List<String> ids = new ArrayList<>();
    for (Event event : events) {
      switch (event.kind()) {
        case 'm' -> subscription.follow(profile(event.text()), StartPosition.now());
        case 'u' -> subscription.unfollow(profile(event.text()));
        case '+' -> ids.add(new Entry(event.text()).statusId());
        default -> {}
      }
    }
    List<String> positions = events.stream().map(e -> cursors.apply(e.position())).toList();
    loading = true;
    sent = new CompletableFuture<>();
    load(events, positions, ids);
    return true;
  }

  private void load(List<Event> events, List<String> cursors, List<String> ids) {
    CompletionStage<Map<String, Status>> found =
        ids.isEmpty()
            ? CompletableFuture.completedFuture(Map.of())
            : social.pages().unmuted(scope, viewer, ids);
    found.whenComplete(
        (statuses, failure) -> {
          if (failure == null) {
            send(events, cursors, statuses);
            loading = false;
            sent.complete(null);
            subscription.ready();
          } else if (ErrorMapper.isStoreAway(failure) && !subscription.isEnded()) {
            timer.newTimeout(t -> load(events, cursors, ids), RETRY_MILLIS, TimeUnit.MILLISECONDS);
          } else {
            sent.complete(null);
            failed(failure);
          }
        });
  }

  private void send(List<Event> events, List<String> cursors, Map<String, Status> statuses) {
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event.kind() != '+' && event.kind() != '-') {
        continue;
      }
      Entry entry = new Entry(event.text());
      TimelineEvent.Builder message =
          TimelineEvent.newBuilder().setStatusId(entry.status()).setCursor(cursors.get(i));
      if (event.kind() == '-') {
        responses.send(messages.removed(message.build()));
      } else if (statuses.containsKey(entry.statusId())) {
        responses.send(messages.added(message.setStatus(statuses.get(entry.statusId())).build()));
      }
    }
  }

  @Override
  public void gap(LogSource<Event> log, long from, long to) {
    responses.send(
        messages.gap(
            Gap.newBuilder()
                .setMissed(Math.max(0, to - from + 1))
                .setCursor(subscription.cursor())
                .build()));
  }

  @Override
  public void heartbeat() {
    begun = true;
    responses.send(messages.heartbeat(Streams.alive(subscription.cursor())));
  }

  /** What is on its way is sent before the end. */
  private void drain() {
    subscription.end(
        () -> {
          String end = begun ? subscription.cursor() : asked;
          sent.whenComplete(
              (done, failure) -> {
                responses.send(
                    messages.reconnect(
                        Streams.reconnect(ReconnectReason.RECONNECT_REASON_DRAINING, end)));
                responses.complete();
              });
        });
  }

  @Override
  public void fellBehind() {
    throw new IllegalStateException("nobody asked for that");
  }

  @Override
  public void failed(Throwable failure) {
    responses.fail(failure);
  }
}
