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
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
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
  private static final int MOST_EARLY = 1_000;

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
  private final Set<String> early = ConcurrentHashMap.newKeySet();
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
  public boolean entries(LogSource<Event> log, List<Event> told) {
    List<Event> events =
        told.stream().filter(event -> event.kind() != '+' || !early.remove(event.text())).toList();
    loading = true;
    sent = new CompletableFuture<>();
    List<String> cursors = cursors(log, events);
    List<String> merged = new ArrayList<>();
    for (Event event : events) {
      if (event.kind() == 'm') {
        merged.add(event.text());
      } else if (event.kind() == 'u') {
        subscription.unfollow(profile(event.text()));
      }
    }
    if (merged.isEmpty()) {
      load(events, cursors);
    } else {
      follow(log, events, cursors, merged);
    }
    return true;
  }

  private List<String> cursors(LogSource<Event> log, List<Event> events) {
    LongFunction<String> cursors = subscription.cursors(log);
    return events.stream().map(event -> cursors.apply(event.position())).toList();
  }

  /** Cursors that speak of all that is followed by now, unless the stream has ended. */
  private List<String> cursors(
      LogSource<Event> log, List<Event> all, List<Event> events, List<String> before) {
    synchronized (subscription) {
      if (!subscription.isEnded()) {
        return cursors(log, all);
      }
    }
    Map<Long, String> known = new HashMap<>();
    for (int i = 0; i < events.size(); i++) {
      known.put(events.get(i).position(), before.get(i));
    }
    return all.stream().map(event -> known.get(event.position())).toList();
  }

  /** A post that was brought before the log of its author may have told it. */
  private Event early(Event merged, String post) {
    if (early.size() >= MOST_EARLY) {
      early.clear();
    }
    early.add(post);
    return new Event(merged.position(), '+', post);
  }

  /**
   * Follows the profiles of authors who are merged in from now on, and brings what they have posted
   * since they are. The cursors speak of those profiles, too.
   */
  private void follow(
      LogSource<Event> log, List<Event> events, List<String> before, List<String> authors) {
    Ref reader = new Ref(scope.namespace(), Ref.USER, viewer);
    Futures.all(
            authors.stream()
                .map(author -> subscription.follow(profile(author), StartPosition.now()))
                .toList())
        .thenCompose(
            followed ->
                Futures.each(
                    authors.stream()
                        .map(
                            author ->
                                social.profiles().sinceMerged(scope, reader, reader.other(author)))
                        .toList()))
        .whenComplete(
            (posts, failure) -> {
              if (failure == null) {
                List<Event> all = new ArrayList<>();
                for (Event event : events) {
                  all.add(event);
                  if (event.kind() == 'm') {
                    posts
                        .get(authors.indexOf(event.text()))
                        .forEach(post -> all.add(early(event, post)));
                  }
                }
                load(all, cursors(log, all, events, before));
              } else if (ErrorMapper.isStoreAway(failure) && !subscription.isEnded()) {
                timer.newTimeout(
                    t -> follow(log, events, before, authors), RETRY_MILLIS, TimeUnit.MILLISECONDS);
              } else {
                sent.complete(null);
                failed(failure);
              }
            });
  }

  private void load(List<Event> events, List<String> cursors) {
    List<String> ids =
        events.stream()
            .filter(event -> event.kind() == '+')
            .map(event -> new Entry(event.text()).statusId())
            .toList();
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
            timer.newTimeout(t -> load(events, cursors), RETRY_MILLIS, TimeUnit.MILLISECONDS);
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
