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
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Writes entries of one log in the background: what was collected in 100 ms goes out together. It
 * never waits and never throws for a server that is away; up to 10,000 entries are kept until it is
 * back, more are dropped and counted. What an entry has more than the contract allows is cut off;
 * an entry that no server accepts all the same is dropped and counted, the others go on. After a
 * failure entries of which it is not known whether they were written are written again.
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

  private static final Logger LOG = Logger.getLogger(LogWriter.class.getName());

  private final ClientCore core;
  private final String name;
  private final StreamLog log;
  private final Deque<LogEntry> waiting = new ArrayDeque<>();

  /** Flushes by how many entries have to be settled for them. */
  private final TreeMap<Long, CompletableFuture<Void>> flushes = new TreeMap<>();

  /** How many entries go out in batches of their own, because one of them cannot be written. */
  private int alone;

  private boolean refused;
  private boolean busy;
  private boolean closed;
  private long taken;
  private long settled;
  private long dropped;

  LogWriter(ClientCore core, String name) {
    this.core = core;
    this.name = name;
    this.log = new StreamLog("writing the log " + name, core.address());
    core.opened(this, this::closeAsync);
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
    Futures.finish(closeAsync());
  }

  /** Like {@link #close()}, without waiting. */
  public CompletableFuture<Void> closeAsync() {
    synchronized (this) {
      closed = true;
    }
    return flushAsync()
        .completeOnTimeout(null, core.deadline().toMillis(), TimeUnit.MILLISECONDS)
        .whenCompleteAsync((done, failure) -> core.closed(this), core.listeners());
  }

  private void later(Duration pause) {
    try {
      core.after(pause, this::send);
    } catch (QuoinException e) {
      settle(Integer.MAX_VALUE, true);
    }
  }

  private void send() {
    List<WriteStreamRequest> batches = batches();
    core.send(LogsGrpc.getWriteStreamMethod(), batches)
        .whenComplete((response, failure) -> sent(batches, failure));
  }

  /** What is sent next; it stays among what is waiting until it is written. */
  private synchronized List<WriteStreamRequest> batches() {
    List<WriteStreamRequest> batches = new ArrayList<>();
    WriteStreamRequest.Builder batch = WriteStreamRequest.newBuilder().setName(name);
    int bytes = 0;
    int most = alone > 0 ? 1 : BATCH;
    for (LogEntry entry : waiting) {
      bytes += entry.getSerializedSize();
      if (batch.getEntriesCount() > 0 && (batch.getEntriesCount() == most || bytes > BATCH_BYTES)) {
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
      log.alive();
      settle(count(batches, batches.size()), false);
      goOn(PAUSE);
      return;
    }
    QuoinException explained = QuoinException.from(failure);
    int written = Math.min(written(explained.metadata()), batches.size() - 1);
    settle(count(batches, written), false);
    if (Retries.isInVain(explained)) {
      refused(batches.get(written).getEntriesCount(), explained);
      goOn(PAUSE);
    } else {
      log.broken(explained);
      goOn(Retries.pause(PATIENCE));
    }
  }

  /** The batch that comes first now cannot be written. Of several entries one is to blame. */
  private void refused(int entries, QuoinException failure) {
    boolean ofAnEntry =
        failure instanceof InvalidRequestException invalid
            && invalid.violations().stream().anyMatch(v -> v.field().startsWith("entries"));
    if (ofAnEntry && entries > 1) {
      synchronized (this) {
        alone = entries;
      }
      return;
    }
    if (!refused) {
      refused = true;
      LOG.log(
          Level.WARNING,
          "entries of the log {0} are dropped, because they cannot be written: {1}",
          new Object[] {Names.printable(name), failure.getMessage()});
    }
    settle(entries, true);
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
        alone = Math.max(0, alone - 1);
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
