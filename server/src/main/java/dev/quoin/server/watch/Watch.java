// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.rpc.ResponseStream;

/** One open stream of a caller that watches; sends when its reader can take more. */
final class Watch<S, R> {
  private final SharedState<S> shared;
  private final Reader<S, R> reader;
  private final ResponseStream<R> responses;
  private boolean begun;
  private boolean ended;
  private boolean beats;

  Watch(SharedState<S> shared, Reader<S, R> reader, ResponseStream<R> responses) {
    this.shared = shared;
    this.reader = reader;
    this.responses = responses;
  }

  /** The state is known: tells it. */
  void begin() {
    synchronized (this) {
      begun = true;
    }
    pump();
  }

  /**
   * The state may have changed.
   *
   * @return in how many milliseconds it changes by itself for this caller, negative for never
   */
  synchronized long changed(S state) {
    if (begun && !ended && !responses.isReady()) {
      reader.skipped(state);
    } else {
      pump();
    }
    return ended ? -1 : reader.changesInMillis(state);
  }

  /** It is time to show that the stream is alive, unless something else was sent meanwhile. */
  synchronized void beat() {
    beats = true;
    pump();
  }

  /** Sends what this caller does not know yet, as far as it can take it. */
  synchronized void pump() {
    while (begun && !ended && responses.isReady()) {
      S state = shared.state();
      R message = reader.next(state);
      if (message == null && beats) {
        message = reader.heartbeat(state, shared.isStale());
      } else if (message == null) {
        return;
      }
      beats = false;
      if (message != null) {
        responses.send(message);
      }
      if (reader.isLast(state)) {
        end();
        responses.complete();
      }
    }
  }

  void fail(Throwable failure) {
    if (end()) {
      responses.fail(failure);
    }
  }

  /** The server drains. */
  void reconnect() {
    R last;
    synchronized (this) {
      if (!end()) {
        return;
      }
      last = reader.reconnect();
    }
    if (last == null) {
      responses.fail(ApiException.shuttingDown());
    } else {
      responses.send(last);
      responses.complete();
    }
  }

  /** Ends the watch; false when it has ended before. */
  boolean end() {
    synchronized (this) {
      if (ended) {
        return false;
      }
      ended = true;
    }
    shared.remove(this);
    return true;
  }
}
