// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.rpc.Once;
import io.netty.util.Timer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongConsumer;

/**
 * Syslog messages on their way to Redis: batches of each log, one after the other. While Redis is
 * away they are kept up to a bound; who can be held back waits then, others' messages are dropped.
 * A batch of which it is not known whether Redis took it is sent again, so nothing taken is lost,
 * and the trouble of remembering every batch is spared.
 */
final class SyslogBuffer {
  private static final int BYTES = 8 * 1024 * 1024;
  private static final int BATCH = 100;
  private static final long RETRY_MILLIS = 500;

  private final Function<Batch, CompletionStage<Written>> write;
  private final Timer timer;
  private final LongConsumer dropped;

  /** Messages by log; a log with messages has a batch under way. */
  private final Map<String, Queue<LogEntry>> waiting = new HashMap<>();

  private final Queue<Runnable> heldBack = new ArrayDeque<>();
  private long bytes;

  /**
   * @param dropped told how many messages were dropped
   */
  SyslogBuffer(Function<Batch, CompletionStage<Written>> write, Timer timer, LongConsumer dropped) {
    this.write = write;
    this.timer = timer;
    this.dropped = dropped;
  }

  /** Takes a message, or drops it when there is no room. */
  void offer(SyslogMessage message) {
    if (isFull()) {
      dropped.accept(1);
    } else {
      take(message);
    }
  }

  /** Takes a message of a sender who will be held back when there is no room. */
  void take(SyslogMessage message) {
    synchronized (this) {
      bytes += message.entry().getSerializedSize();
      Queue<LogEntry> entries = waiting.get(message.name());
      if (entries != null) {
        entries.add(message.entry());
        return;
      }
      entries = new ArrayDeque<>();
      entries.add(message.entry());
      waiting.put(message.name(), entries);
    }
    sendNext(message.name());
  }

  synchronized boolean isFull() {
    return bytes >= BYTES;
  }

  /** Runs something when there is room again, at once if there is. */
  void whenRoom(Runnable action) {
    synchronized (this) {
      if (isFull()) {
        heldBack.add(action);
        return;
      }
    }
    action.run();
  }

  private void sendNext(String name) {
    List<LogEntry> batch = new ArrayList<>();
    synchronized (this) {
      Queue<LogEntry> entries = waiting.get(name);
      while (batch.size() < BATCH && !entries.isEmpty()) {
        batch.add(entries.remove());
      }
      if (batch.isEmpty()) {
        waiting.remove(name);
        return;
      }
    }
    send(new Batch(name, batch, Once.NONE));
  }

  private void send(Batch batch) {
    write
        .apply(batch)
        .whenComplete(
            (written, failure) -> {
              if (failure != null && isPassing(failure)) {
                timer.newTimeout(t -> send(batch), RETRY_MILLIS, TimeUnit.MILLISECONDS);
                return;
              }
              if (failure != null) {
                dropped.accept(batch.entries().size());
              }
              done(batch);
            });
  }

  private void done(Batch batch) {
    List<Runnable> goOn = List.of();
    synchronized (this) {
      batch.entries().forEach(entry -> bytes -= entry.getSerializedSize());
      if (bytes < BYTES / 2 && !heldBack.isEmpty()) {
        goOn = new ArrayList<>(heldBack);
        heldBack.clear();
      }
    }
    goOn.forEach(Runnable::run);
    sendNext(batch.name());
  }

  private static boolean isPassing(Throwable failure) {
    return ErrorMapper.isStoreAway(failure);
  }
}
