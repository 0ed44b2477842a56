// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Subscription.SlowReader;
import dev.quoin.server.tail.Tails;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The feed of a namespace as this server reads it: once for all live readers. Every entry is
 * decoded once, and an index of all filters finds the readers it is offered to. What they do not
 * take they keep themselves, within bounds.
 */
final class Feed implements Subscriber<FeedEntry> {
  /** Readers beat every 15 s, a part of them at a time. */
  private static final int BEATS = 60;

  private static final long BEAT_MILLIS = 250;

  private final Tails tails;
  private final Timer timer;
  private final String domain;
  private final List<LogSource<FeedEntry>> sources;
  private final Subscription<FeedEntry> subscription;
  private final FilterIndex<LiveReader> index = new FilterIndex<>();
  private final Set<LiveReader> readers = new LinkedHashSet<>();

  /** The same readers by when they beat. */
  private final List<Set<LiveReader>> beats = new ArrayList<>();

  private int beat;
  private Positions positions;
  private String cursor;
  private Positions cursorOf;
  private boolean closed;
  private volatile Throwable failure;

  Feed(FeedStore store, Tails tails, Timer timer, RequestContext scope) {
    this.tails = tails;
    this.timer = timer;
    this.domain = domain(scope);
    this.sources = store.sources(scope);
    this.subscription = tails.subscribe(domain, this, SlowReader.CATCH_UP);
    for (int i = 0; i < BEATS; i++) {
      beats.add(new LinkedHashSet<>());
    }
  }

  /** Where cursors of feeds are valid. */
  static String domain(RequestContext scope) {
    return "feeds:" + scope.namespace();
  }

  List<LogSource<FeedEntry>> sources() {
    return sources;
  }

  /** Begins to read what comes from now on. */
  CompletionStage<Feed> open() {
    CompletableFuture<?>[] follows =
        sources.stream()
            .map(source -> subscription.follow(source, StartPosition.now()))
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(follows)
        .thenApply(
            followed -> {
              synchronized (this) {
                positions = Positions.of(p -> subscription.position(sources.get(p)));
              }
              subscription.start();
              beatLater();
              return this;
            });
  }

  /** Reads no longer. */
  void close() {
    synchronized (this) {
      closed = true;
    }
    subscription.end(() -> {});
  }

  /** Whether it can be read no more. Its readers were told. */
  boolean hasFailed() {
    return failure != null;
  }

  /** Offers a reader everything that comes from now on and that its filter matches. */
  synchronized void attach(LiveReader reader) {
    if (failure != null) {
      // The reader takes locks that come before this one.
      timer.newTimeout(t -> reader.failed(failure), 0, TimeUnit.MILLISECONDS);
      return;
    }
    readers.add(reader);
    beats.get(Math.floorMod(reader.hashCode(), BEATS)).add(reader);
    index.add(reader, reader.filter());
    reader.attached(positions);
  }

  /** Offers a reader nothing any more. */
  synchronized void detach(LiveReader reader) {
    if (readers.remove(reader)) {
      beats.get(Math.floorMod(reader.hashCode(), BEATS)).remove(reader);
      index.remove(reader, reader.filter());
    }
  }

  /** Gives a reader another filter: until now it was offered what the old one matches. */
  synchronized void refilter(LiveReader reader, Runnable change) {
    boolean attached = readers.contains(reader);
    if (attached) {
      index.remove(reader, reader.filter());
    }
    change.run();
    if (attached && readers.contains(reader)) {
      index.add(reader, reader.filter());
    }
  }

  synchronized Positions positions() {
    return positions;
  }

  /** A cursor to resume from positions. Of the same ones it is written once. */
  String cursor(Positions at) {
    synchronized (sources) {
      if (cursorOf != at) {
        cursorOf = at;
        cursor = write(at);
      }
      return cursor;
    }
  }

  private String write(Positions at) {
    Cursor.Writer writer = tails.cursorWriter(domain);
    for (int partition = 0; partition < sources.size(); partition++) {
      long log = Cursor.id(sources.get(partition).channel());
      writer.add(new Cursor.Mark(log, at.of(partition), 0));
    }
    return writer.text();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public synchronized boolean entries(LogSource<FeedEntry> log, List<FeedEntry> entries) {
    for (FeedEntry entry : entries) {
      positions = positions.with(entry.partition(), entry.position());
      StatusTerms terms = entry.terms();
      FeedItem item = null;
      for (LiveReader reader : index.candidates(terms)) {
        Matched matched = reader.filter().match(terms);
        if (matched != null) {
          item = item == null ? new FeedItem(entry, positions) : item;
          reader.offer(item, matched);
        }
      }
    }
    return true;
  }

  @Override
  public synchronized void gap(LogSource<FeedEntry> log, long from, long to) {
    positions = positions.with(sources.indexOf(log), subscription.position(log));
    List.copyOf(readers).forEach(reader -> reader.gap(Math.max(0, to - from + 1), positions));
  }

  @Override
  public void heartbeat() {
    // Readers have beats of their own.
  }

  @Override
  public void fellBehind() {
    throw new IllegalStateException("a feed is always ready");
  }

  @Override
  public void failed(Throwable reason) {
    List<LiveReader> all;
    synchronized (this) {
      failure = reason;
      all = new ArrayList<>(readers);
    }
    all.forEach(reader -> reader.failed(reason));
  }

  private void beatLater() {
    timer.newTimeout(
        t -> {
          synchronized (this) {
            if (closed) {
              return;
            }
            beat = (beat + 1) % BEATS;
            List.copyOf(beats.get(beat)).forEach(reader -> reader.beat(positions));
          }
          beatLater();
        },
        BEAT_MILLIS,
        TimeUnit.MILLISECONDS);
  }
}
