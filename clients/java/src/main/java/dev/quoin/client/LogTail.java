// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.TailResponse;
import io.grpc.ClientCall;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Logs that are being followed. Never closed, it ends with its {@link Quoin}. */
public final class LogTail implements AutoCloseable {
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Link link;
  private final TailListener listener;
  private final StreamLog log;
  private TailOptions options;
  private ClientCall<?, ?> call;
  private boolean closed;

  LogTail(Link link, TailOptions options, TailListener listener) {
    this.link = link;
    this.options = options;
    this.listener = listener;
    this.log = new StreamLog(LogsGrpc.getTailMethod().getFullMethodName(), link.address());
    link.opened(
        this,
        () -> {
          close();
          return CompletableFuture.completedFuture(null);
        });
  }

  /**
   * Where another tail would go on after the last call of the listener that has returned; "" before
   * the first stream has started.
   */
  public synchronized String cursor() {
    return options.cursor();
  }

  /** Ends it; the listener may still be in its last call. */
  @Override
  public void close() {
    ClientCall<?, ?> last;
    synchronized (this) {
      closed = true;
      last = call;
    }
    link.closed(this);
    if (last != null) {
      last.cancel("the tail is closed", null);
    }
  }

  synchronized void open() {
    if (!closed) {
      call = link.stream(LogsGrpc.getTailMethod(), options.request(), new Stream());
    }
  }

  private void again() {
    try {
      link.after(Retries.pause(PAUSE), this::open);
    } catch (QuoinException e) {
      close();
    }
  }

  private synchronized void at(String cursor) {
    options = options.withCursor(cursor);
  }

  private synchronized boolean isClosed() {
    return closed;
  }

  private final class Stream implements StreamObserver<TailResponse> {
    @Override
    public void onNext(TailResponse message) {
      if (isClosed()) {
        return;
      }
      log.alive();
      switch (message.getEventCase()) {
        case NEW_ENTRIES -> tell(message.getNewEntries());
        case GAP -> {
          TailResponse.Gap gap = message.getGap();
          tell(() -> listener.gap(gap.getName(), gap.getMissed()));
          at(gap.getCursor());
        }
        case HEARTBEAT -> at(message.getHeartbeat().getCursor());
        case RECONNECT -> at(message.getReconnect().getCursor());
        default -> {}
      }
    }

    private void tell(TailResponse.Entries entries) {
      for (LogEntry entry : entries.getEntriesList()) {
        if (isClosed()) {
          return;
        }
        tell(() -> listener.entry(entries.getName(), entry));
        at(entry.getCursor());
      }
    }

    @Override
    public void onError(Throwable failure) {
      QuoinException explained = QuoinException.from(failure);
      if (isClosed()) {
        return;
      }
      if (explained instanceof UnavailableException || explained.code() == Status.Code.INTERNAL) {
        log.broken(explained);
        again();
      } else {
        close();
        tell(() -> listener.ended(explained));
      }
    }

    private void tell(Runnable news) {
      Callbacks.run("a listener of a log", news);
    }

    @Override
    public void onCompleted() {
      again();
    }
  }
}
