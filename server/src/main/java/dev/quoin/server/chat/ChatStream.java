// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.SubscribeRequest;
import dev.quoin.chat.v1.SubscribeResponse;
import dev.quoin.chat.v1.SubscribeResponse.Events;
import dev.quoin.chat.v1.SubscribeResponse.MemberLeft;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Subscription.SlowReader;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.ReconnectReason;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * One Subscribe: follows the logs of all chats of a user, and of what is noted for the user.
 *
 * <p>Who is a member is what the log of a chat says: from the user's own joined to its own left. A
 * chat that was only noted is followed for a while, silently, until that joined comes. Where a part
 * of the log is missing, Redis is asked how things stand before anything else of the chat is told.
 * All state is guarded by the subscription.
 */
final class ChatStream implements Subscriber<Entry> {
  private static final long WAIT_SECONDS = 30;
  private static final long RETRY_MILLIS = 500;

  private final ChatReads reads;
  private final UserChats users;
  private final Notes notes;
  private final Timer timer;
  private final RequestContext scope;
  private final String user;
  private final ResponseStream<SubscribeResponse> responses;
  private final Subscription<Entry> subscription;
  private final Seats seats;
  private final Signals signals;

  ChatStream(
      Kernel kernel,
      ChatReads reads,
      UserChats users,
      Notes notes,
      SubscribeRequest request,
      Call call,
      ResponseStream<SubscribeResponse> responses) {
    this.reads = reads;
    this.users = users;
    this.notes = notes;
    this.timer = kernel.timer();
    this.scope = call.scope().detached();
    this.user = Identity.of(call, request.getUser());
    this.responses = responses;
    String domain = "chat:" + scope.namespace();
    this.seats = new Seats(kernel.tails(), domain, request.getCursor());
    this.signals = new Signals(user, responses);
    this.subscription =
        kernel
            .tails()
            .subscribe(
                domain,
                this,
                request.getSlowReader() == dev.quoin.streams.v1.SlowReader.SLOW_READER_DISCONNECT
                    ? SlowReader.DISCONNECT
                    : SlowReader.CATCH_UP);
    responses.onReady(this::ready);
    call.onCancel(() -> subscription.end(() -> {}));
    call.onDrain(
        () -> subscription.end(() -> reconnect(ReconnectReason.RECONNECT_REASON_DRAINING)));
  }

  void open() {
    users
        .list(scope, user, "0", UserChats.MOST)
        .thenCompose(
            page -> {
              List<CompletionStage<?>> begun = new ArrayList<>();
              begun.add(
                  subscription.follow(
                      users.log(scope, user), StartPosition.after(page.newestChange())));
              synchronized (subscription) {
                page.chats().forEach(chat -> begun.add(begin(chat)));
              }
              return Futures.all(begun);
            })
        .whenComplete(
            (begun, failure) -> {
              if (failure == null) {
                start();
              } else {
                failed(failure);
              }
            });
  }

  private void start() {
    synchronized (subscription) {
      seats.begin();
    }
    subscription.start();
  }

  /** Begins to follow a chat. */
  private CompletionStage<Void> begin(String chat) {
    return look(seats.take(chat, reads.log(scope, chat)));
  }

  /** Asks where the user stands in a chat, and goes on from there. */
  private CompletionStage<Void> look(Seat seat) {
    seat.looking = true;
    return reads.look(scope, seat.chat, user).thenCompose(place -> placed(seat, place));
  }

  private CompletionStage<Void> placed(Seat seat, Place place) {
    synchronized (subscription) {
      if (!seats.has(seat)) {
        return CompletableFuture.completedFuture(null);
      }
      // What it was followed by before, from elsewhere.
      subscription.unfollow(seat.log);
      if (place.member()) {
        Seat.Missing missing = seat.take(place);
        seat.member = true;
        if (missing != null) {
          tellGap(seat, missing);
        }
      } else {
        // It was one where the stream, or the one before it, was.
        boolean left = seat.member || seat.placed;
        seat.member = false;
        seat.position = place.newest();
        seat.placed = false;
        if (left) {
          tellLeft(seat);
        }
        await(seat);
      }
      seat.looking = false;
      return subscription.follow(seat.log, StartPosition.after(seat.position));
    }
  }

  /** Looks again, as often as it takes. */
  private void lookAgain(Seat seat) {
    look(seat)
        .whenComplete(
            (looked, failure) -> {
              if (failure == null || subscription.isEnded()) {
                return;
              }
              if (ErrorMapper.isStoreAway(failure)) {
                timer.newTimeout(t -> lookAgain(seat), RETRY_MILLIS, TimeUnit.MILLISECONDS);
              } else {
                failed(failure);
              }
            });
  }

  /** Gives the user some time to become a member. */
  private void await(Seat seat) {
    int wait = ++seat.waits;
    timer.newTimeout(t -> giveUp(seat, wait), WAIT_SECONDS, TimeUnit.SECONDS);
  }

  /** Ends the seat unless Redis says that the user is a member, which the stream will come to. */
  private void giveUp(Seat seat, int wait) {
    if (!isAwaited(seat, wait)) {
      return;
    }
    notes
        .check(scope, user, seat.chat)
        .whenComplete(
            (member, failure) -> {
              synchronized (subscription) {
                if (!isAwaited(seat, wait)) {
                  return;
                }
                if (failure != null || member) {
                  await(seat);
                } else {
                  seats.remove(seat);
                  subscription.unfollow(seat.log);
                }
              }
            });
  }

  private boolean isAwaited(Seat seat, int wait) {
    synchronized (subscription) {
      return !subscription.isEnded()
          && seats.has(seat)
          && !seat.member
          && !seat.looking
          && seat.waits == wait;
    }
  }

  @Override
  public boolean isReady() {
    return responses.isReady();
  }

  private void ready() {
    synchronized (subscription) {
      signals.ready();
    }
    subscription.ready();
  }

  @Override
  public int atOnce() {
    return seats.atOnce();
  }

  @Override
  public boolean entries(LogSource<Entry> log, List<Entry> entries) {
    if (!(log instanceof ChatReads.Log chat)) {
      entries.forEach(entry -> noted(entry.subject()));
      return false;
    }
    Seat seat = seats.get(chat.chat());
    if (seat == null || seat.looking) {
      return false;
    }
    Events.Builder told = Events.newBuilder().setChatId(seat.chat);
    Cursor.Writer cursor = seats.without(seat);
    for (Entry entry : entries) {
      boolean own = entry.subject().equals(user);
      if (own && entry.kind() == Entry.JOINED) {
        seat.member = true;
        seat.placed = true;
      }
      seat.position = entry.position();
      seat.messages = entry.messages();
      boolean tell = seat.member && entry.isTold();
      if (own && entry.kind() == Entry.LEFT) {
        seat.member = false;
        seat.placed = false;
        await(seat);
      }
      if (tell) {
        String after = seat.placed ? cursor.with(seat.mark()) : cursor.text();
        told.addEvents(entry.event(after));
      }
    }
    if (told.getEventsCount() == 0) {
      return false;
    }
    responses.send(SubscribeResponse.newBuilder().setEvents(told).build());
    return true;
  }

  /** The user is, or is about to be, a member of a chat. */
  private void noted(String chat) {
    Seat seat = seats.get(chat);
    if (seat == null) {
      lookAgain(seats.take(chat, reads.log(scope, chat)));
    } else if (!seat.member && !seat.looking) {
      await(seat);
    }
  }

  @Override
  public void gap(LogSource<Entry> log, long from, long to) {
    if (!(log instanceof ChatReads.Log chat)) {
      readAll();
      return;
    }
    Seat seat = seats.get(chat.chat());
    if (seat != null && !seat.looking) {
      lookAgain(seat);
    }
  }

  /** Some of what was noted for the user is not known: looks at all there is. */
  private void readAll() {
    users
        .list(scope, user, "0", UserChats.MOST)
        .whenComplete(
            (page, failure) -> {
              if (subscription.isEnded()) {
                return;
              }
              if (failure != null && ErrorMapper.isStoreAway(failure)) {
                timer.newTimeout(t -> readAll(), RETRY_MILLIS, TimeUnit.MILLISECONDS);
                return;
              }
              if (failure != null) {
                failed(failure);
                return;
              }
              synchronized (subscription) {
                page.chats().forEach(this::noted);
              }
            });
  }

  @Override
  public void signal(LogSource<Entry> log, String text) {
    Seat seat = log instanceof ChatReads.Log chat ? seats.get(chat.chat()) : null;
    if (seat != null && seat.member) {
      signals.tell(seat.chat, text);
    }
  }

  private void tellGap(Seat seat, Seat.Missing missing) {
    responses.send(
        SubscribeResponse.newBuilder()
            .setGap(
                Gap.newBuilder()
                    .setName(seat.chat)
                    .setFirstMissed(missing.from())
                    .setLastMissed(missing.to())
                    .setCursor(seats.cursor()))
            .build());
  }

  private void tellLeft(Seat seat) {
    Events.Builder events = Events.newBuilder().setChatId(seat.chat);
    events
        .addEventsBuilder()
        .setMemberLeft(MemberLeft.newBuilder().setUser(user))
        .setCursor(seats.cursor());
    responses.send(SubscribeResponse.newBuilder().setEvents(events).build());
  }

  @Override
  public void heartbeat() {
    responses.send(
        SubscribeResponse.newBuilder().setHeartbeat(Streams.alive(seats.cursor())).build());
  }

  @Override
  public void fellBehind() {
    reconnect(ReconnectReason.RECONNECT_REASON_SLOW_READER);
  }

  @Override
  public void failed(Throwable failure) {
    subscription.end(() -> {});
    responses.fail(failure);
  }

  private void reconnect(ReconnectReason reason) {
    responses.send(
        SubscribeResponse.newBuilder()
            .setReconnect(Streams.reconnect(reason, seats.cursor()))
            .build());
    responses.complete();
  }
}
