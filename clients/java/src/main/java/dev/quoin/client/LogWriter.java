// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteStreamRequest;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Writes entries of one log in the background: what was collected in 100 ms goes out together. It
 * never waits and never throws for a server that is away; up to 10,000 entries are kept until it is
 * back, more are dropped and counted. What an entry has more than the contract allows is cut off.
 * After a failure entries of which it is not known whether they were written are written again.
 *
 * <p>Safe for use by several threads. Close it, or the {@link Quoin}, to have the last entries
 * written.
 */
public final class LogWriter implements AutoCloseable {
  private static final int ROOM = 10_000;
  private static final int BATCH = 100;
  private static final int BATCH_BYTES = 512 * 1024;
  private static final int BATCHES_AT_ONCE = 10;
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final Link link;
  private final String name;
  private final Deque<LogEntry> waiting = new ArrayDeque<>();

  /** Flushes by how many entries have to be settled for them. */
  private final TreeMap<Long, CompletableFuture<Void>> flushes = new TreeMap<>();

  private boolean busy;
  private boolean closed;
  private long taken;
  private long settled;
  private long dropped;

  LogWriter(Link link, String name) {
    this.link = link;
    this.name = name;
    link.opened(this, this::closeAsync);
  }

  /**
   * Takes an entry to be written.
   *
   * @return false when it was dropped: too many are waiting, or the writer is closed
   */
  public boolean write(LogEntry entry) {
    LogEntry fitting = LogLimits.fit(entry);
    synchronized (this) {
      if (closed || waiting.size() >= ROOM) {
        dropped++;
        return false;
      }
      waiting.add(fitting);
      taken++;
      if (busy) {
        return true;
      }
      busy = true;
    }
    later(PAUSE);
    return true;
  }

  /** Takes an entry that is nothing but a text. */
  public boolean write(Severity severity, String text) {
    return write(LogEntry.newBuilder().setSeverity(severity).setText(text).build());
  }

  /** How many entries were dropped so far. */
  public synchronized long dropped() {
    return dropped;
  }

  /** Waits until all entries taken until now are written or dropped. */
  public void flush() {
    Futures.await(flushAsync());
  }

  /** Like {@link #flush}, without waiting. */
  public synchronized CompletableFuture<Void> flushAsync() {
    return taken == settled
        ? CompletableFuture.completedFuture(null)
        : flushes.computeIfAbsent(taken, count -> new CompletableFuture<>()).copy();
  }

  /**
   * Takes no more, and waits until what was taken is written, at most as long as a call may take.
   */
  @Override
  public void close() {
    Futures.await(closeAsync());
  }

  /** Like {@link #close()}, without waiting. */
  public CompletableFuture<Void> closeAsync() {
    synchronized (this) {
      closed = true;
    }
    return flushAsync()
        .completeOnTimeout(null, link.deadline().toMillis(), TimeUnit.MILLISECONDS)
        .whenComplete((done, failure) -> link.closed(this));
  }

  private void later(Duration pause) {
    try {
      link.after(pause, this::send);
    } catch (QuoinException e) {
      settle(Integer.MAX_VALUE, true);
    }
  }

  private void send() {
    List<WriteStreamRequest> batches = batches();
    link.send(LogsGrpc.getWriteStreamMethod(), batches)
        .whenComplete((response, failure) -> sent(batches, failure));
  }

  /** What is sent next; it stays among what is waiting until it is written. */
  private synchronized List<WriteStreamRequest> batches() {
    List<WriteStreamRequest> batches = new ArrayList<>();
    WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName(name);
    int bytes = 0;
    for (LogEntry entry : waiting) {
      bytes += entry.getSerializedSize();
      if (batch.getEntriesCount() > 0
          && (batch.getEntriesCount() == BATCH || bytes > BATCH_BYTES)) {
        batches.add(batch.build());
        batch.clearEntries();
        bytes = entry.getSerializedSize();
      }
      if (batches.size() == BATCHES_AT_ONCE) {
        return batches;
      }
      batch.addEntries(entry);
    }
    batches.add(batch.build());
    return batches;
  }

  private void sent(List<WriteStreamRequest> batches, Throwable failure) {
    if (failure == null) {
      settle(count(batches, batches.size()), false);
      goOn(PAUSE);
      return;
    }
    QuoinException explained = QuoinException.from(failure);
    int done = count(batches, written(explained.metadata()));
    settle(done, false);
    if (explained instanceof InvalidRequestException) {
      // All entries fit: it is the name that is not allowed.
      settle(count(batches, batches.size()) - done, true);
      goOn(PAUSE);
    } else {
      goOn(Retries.pause(PATIENCE));
    }
  }

  private static int written(Map<String, String> metadata) {
    return Integer.parseInt(metadata.getOrDefault("written", "0"));
  }

  private static int count(List<WriteStreamRequest> batches, int written) {
    return batches.stream().limit(written).mapToInt(WriteStreamRequest::getEntriesCount).sum();
  }

  /** The first entries that are waiting are written, or dropped. */
  private void settle(int entries, boolean areDropped) {
    List<CompletableFuture<Void>> done;
    synchronized (this) {
      for (int i = 0; i < entries && !waiting.isEmpty(); i++) {
        waiting.remove();
        settled++;
        dropped += areDropped ? 1 : 0;
      }
      Map<Long, CompletableFuture<Void>> reached = flushes.headMap(settled, true);
      done = List.copyOf(reached.values());
      reached.clear();
    }
    done.forEach(flush -> flush.complete(null));
  }

  private void goOn(Duration pause) {
    synchronized (this) {
      busy = !waiting.isEmpty();
      if (!busy) {
        return;
      }
    }
    later(pause);
  }
}
