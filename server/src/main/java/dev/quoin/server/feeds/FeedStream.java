// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.google.protobuf.Message;
import dev.quoin.feeds.v1.Matched;
import dev.quoin.feeds.v1.Overflow;
import dev.quoin.feeds.v1.SessionResponse.FilterChanged;
import dev.quoin.feeds.v1.StatusCreated;
import dev.quoin.feeds.v1.StatusDeleted;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Tails;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.ReconnectReason;
import io.netty.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.IntFunction;

/**
 * One stream of statuses. It is live, told by the {@link Feed}, or behind, and then reads the log
 * itself by a {@link CatchUp}. Before it is live again the feed offers it what is new already; both
 * ways lead over the positions, so nothing is left out or told twice.
 *
 * <p>Locks are taken in this order: subscription, feed, stream.
 *
 * @param <R> type of the responses
 */
final class FeedStream<R extends Message> implements LiveReader {
  private final Feeds feeds;
  private final Tails tails;
  private final Timer timer;
  private final Call call;
  private final FeedMessages<R> messages;
  private final ResponseStream<R> responses;
  private final Overflow overflow;
  private final FeedBuffer buffer;
  private FeedFilter filter;
  private Feeds.Membership membership;
  private Feed feed;

  /** Reads the log while the stream is behind; null while it is live. */
  private CatchUp catchUp;

  /** Since when the feed offers it what is new; null while it does not. */
  private Positions attachedAt;

  /** Everything up to here was told, or did not match. */
  private Positions told;

  private FeedFilter nextFilter;
  private CompletableFuture<Void> filterChanged = new CompletableFuture<>();
  private long changes;
  private boolean quiet;
  private boolean fallingBehind;
  private boolean ended;

  FeedStream(
      Feeds feeds,
      Tails tails,
      Timer timer,
      Call call,
      FeedMessages<R> messages,
      ResponseStream<R> responses,
      FeedFilter filter,
      Overflow overflow) {
    this.feeds = feeds;
    this.tails = tails;
    this.timer = timer;
    this.call = call;
    this.messages = messages;
    this.responses = responses;
    this.filter = filter;
    this.overflow = overflow;
    this.buffer = new FeedBuffer(overflow);
  }

  /**
   * Begins after a cursor or, when that is empty, now.
   *
   * @return done when it has begun
   */
  CompletionStage<Void> open(String from) {
    Cursor cursor = tails.cursor(Feed.domain(call.scope()), from);
    membership = feeds.join(call.scope(), filter.bytes());
    return membership
        .opened()
        .whenComplete(
            (joined, failure) -> {
              if (failure != null) {
                membership.leave();
                responses.fail(failure);
              }
            })
        .thenAccept(joined -> begin(joined, cursor, from));
  }

  private void begin(Feed joined, Cursor cursor, String from) {
    feed = joined;
    responses.onReady(this::ready);
    call.onCancel(() -> end(() -> {}));
    call.onDrain(() -> drain(from));
    if (cursor.marks().isEmpty()) {
      joined.attach(this);
    } else {
      Positions now = joined.positions();
      readLog(
          p -> {
            String channel = joined.sources().get(p).channel();
            return cursor.mark(Cursor.id(channel)) == null
                ? StartPosition.after(now.of(p))
                : cursor.start(channel, 0);
          });
    }
  }

  private void readLog(IntFunction<StartPosition> start) {
    CatchUp reading = new CatchUp(this, feed, tails, Feed.domain(call.scope()));
    synchronized (this) {
      fallingBehind = false;
      if (ended) {
        return;
      }
      catchUp = reading;
    }
    reading.open(start);
  }

  @Override
  public synchronized FeedFilter filter() {
    return filter;
  }

  @Override
  public synchronized void attached(Positions at) {
    if (ended || nextFilter != null) {
      feed.detach(this);
      return;
    }
    attachedAt = at;
    if (catchUp == null) {
      told = at;
      alive(feed.cursor(at));
    }
  }

  @Override
  public synchronized void offer(FeedItem item, Matched matched) {
    if (ended || attachedAt == null) {
      return;
    }
    if (buffer.add(item, matched, catchUp == null)) {
      tellWaiting();
    } else if (overflow == Overflow.OVERFLOW_DISCONNECT && catchUp == null) {
      stopOffers();
      String cursor = feed.cursor(told);
      timer.newTimeout(
          t -> end(() -> reconnect(ReconnectReason.RECONNECT_REASON_SLOW_READER, cursor)),
          0,
          MILLISECONDS);
    } else {
      fallBehind();
    }
  }

  /** Has no offers any more, and reads on in the log after what was told. */
  private void fallBehind() {
    stopOffers();
    if (catchUp == null && !fallingBehind) {
      fallingBehind = true;
      Positions from = told;
      timer.newTimeout(t -> readLog(p -> StartPosition.after(from.of(p))), 0, MILLISECONDS);
    }
  }

  private void stopOffers() {
    feed.detach(this);
    attachedAt = null;
    buffer.clear();
  }

  @Override
  public synchronized void gap(long missed, Positions after) {
    if (ended || catchUp != null || attachedAt == null) {
      return;
    }
    if (buffer.isEmpty()) {
      told = after;
      tellGap(missed, feed.cursor(after));
    } else {
      fallBehind();
    }
  }

  @Override
  public synchronized void beat(Positions now) {
    if (ended || catchUp != null || attachedAt == null || !buffer.isEmpty()) {
      return;
    }
    told = told.max(now);
    if (quiet && responses.isReady()) {
      alive(feed.cursor(told));
    }
    quiet = true;
  }

  @Override
  public void failed(Throwable failure) {
    end(() -> responses.fail(failure));
  }

  private void ready() {
    CatchUp reading;
    synchronized (this) {
      reading = catchUp;
      tellWaiting();
    }
    if (reading != null) {
      reading.ready();
    }
  }

  /** Tells what waits, as far as the reader takes it. */
  private void tellWaiting() {
    while (!ended && catchUp == null && !buffer.isEmpty() && responses.isReady()) {
      FeedBuffer.Waiting next = buffer.poll();
      if (next == null) {
        return;
      }
      FeedEntry entry = next.item().entry();
      if (buffer.hasDropped()) {
        boolean inOrder = overflow == Overflow.OVERFLOW_DROP;
        told = inOrder ? told.max(buffer.droppedTo()) : told;
        tellGap(buffer.takeDropped(), feed.cursor(told));
      }
      if (entry.position() > told.of(entry.partition())) {
        boolean usual = next.item().after().covers(told);
        told = usual ? next.item().after() : told.max(next.item().after());
        tell(entry, next.matched(), usual ? next.item().cursor(feed) : feed.cursor(told));
      }
    }
  }

  /** Tells an entry; called by whoever has the turn. */
  synchronized void tell(FeedEntry entry, Matched matched, String cursor) {
    if (ended) {
      return;
    }
    quiet = false;
    if (entry.isDeleted()) {
      responses.send(
          messages.of(
              StatusDeleted.newBuilder()
                  .setId(entry.status().getId())
                  .setAuthor(entry.status().getAuthor())
                  .setDeleteTime(entry.time())
                  .setCursor(cursor)
                  .build()));
      return;
    }
    StatusCreated.Builder created =
        StatusCreated.newBuilder()
            .setStatus(entry.status())
            .setCreateTime(entry.time())
            .setCursor(cursor);
    if (matched != FeedFilter.WHOLE) {
      created.setMatched(matched);
    }
    responses.send(messages.of(created.build()));
  }

  synchronized void tellGap(long missed, String cursor) {
    quiet = false;
    responses.send(messages.of(Gap.newBuilder().setMissed(missed).setCursor(cursor).build()));
  }

  synchronized void alive(String cursor) {
    quiet = false;
    responses.send(messages.of(Streams.alive(cursor)));
  }

  boolean isReady() {
    return responses.isReady();
  }

  /** Since when the feed offers this stream what is new; null while it does not. */
  synchronized Positions attachedAt() {
    return attachedAt;
  }

  /** The log was read up to here, which is as far as the feed was when it began its offers. */
  synchronized boolean becomeLive(Positions at) {
    if (attachedAt == null) {
      return false;
    }
    catchUp = null;
    told = at;
    tellWaiting();
    return true;
  }

  /**
   * Gives the stream another filter.
   *
   * @return done when the reader was told from where on it counts
   */
  CompletableFuture<Void> change(FeedFilter next) {
    membership.resize(next.bytes());
    CompletableFuture<Void> changed = new CompletableFuture<>();
    feed.refilter(
        this,
        () -> {
          synchronized (this) {
            if (catchUp == null && attachedAt != null && buffer.isEmpty()) {
              told = told.max(feed.positions());
              filter = next;
              tellChange(feed.cursor(told));
              changed.complete(null);
            } else {
              nextFilter = next;
              filterChanged = changed;
              fallBehind();
            }
          }
        });
    return changed;
  }

  /** The filter that counts for what comes after a cursor. */
  synchronized FeedFilter filterAfter(String cursor) {
    if (nextFilter != null) {
      filter = nextFilter;
      nextFilter = null;
      tellChange(cursor);
      filterChanged.complete(null);
    }
    return filter;
  }

  private void tellChange(String cursor) {
    responses.send(
        messages.of(
            FilterChanged.newBuilder().setChangeCount(++changes).setCursor(cursor).build()));
  }

  private void drain(String from) {
    CatchUp reading;
    String begun;
    synchronized (this) {
      reading = catchUp;
      begun = told == null ? from : feed.cursor(told);
    }
    if (reading != null) {
      reading.end(
          cursor -> end(() -> reconnect(ReconnectReason.RECONNECT_REASON_DRAINING, cursor)), begun);
    }
    // Does nothing when that has ended the stream: it may have become live meanwhile.
    Positions now = feed.positions();
    end(
        () -> {
          Positions last = told == null && from.isEmpty() ? now : told;
          reconnect(
              ReconnectReason.RECONNECT_REASON_DRAINING, last == null ? from : feed.cursor(last));
        });
  }

  private void reconnect(ReconnectReason reason, String cursor) {
    responses.send(messages.of(Streams.reconnect(reason, cursor)));
    responses.complete();
  }

  /**
   * Ends the stream.
   *
   * @param last runs if it had not ended before
   */
  void end(Runnable last) {
    CatchUp reading;
    synchronized (this) {
      if (ended) {
        return;
      }
      ended = true;
      reading = catchUp;
      last.run();
      buffer.clear();
      filterChanged.complete(null);
    }
    feed.detach(this);
    if (reading != null) {
      reading.end();
    }
    membership.leave();
  }
}
