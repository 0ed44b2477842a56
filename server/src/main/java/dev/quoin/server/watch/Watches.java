// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.SharedSubscriptions;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import io.netty.util.Timer;

/**
 * Streams that tell the latest state of something and every change of it: a caller hears the
 * present state first. A slow one is told only the newest, and nothing is kept for it. A feature
 * says how its state is loaded ({@link Watched}) and how it is told ({@link Reader}).
 *
 * @param <S> the state
 */
public final class Watches<S> {
  private final Channels channels;
  private final Timer timer;
  private final WatchSettings settings;
  private final SharedSubscriptions<SharedState<S>> open;

  public Watches(Channels channels, Timer timer, WatchSettings settings) {
    this.channels = channels;
    this.timer = timer;
    this.settings = settings;
    this.open = new SharedSubscriptions<>(timer, settings.lingerMillis());
  }

  /** Serves a stream: it ends with its call, with its last state, or before a drain. */
  public <R> void open(Watched<S> watched, Reader<S, R> reader, Call call, Sink<R> sink) {
    Opening<R> opening = new Opening<>(reader, sink);
    SharedState<S> shared = open.join(watched.channel(), c -> state(watched), opening::join);
    sink.onReady(opening.watch::pump);
    call.onCancel(opening.watch::end);
    shared.begin(opening.watch);
    call.onDrain(opening.watch::reconnect);
  }

  /** How many states are watched, or were a moment ago. */
  public int size() {
    return open.size();
  }

  private SharedState<S> state(Watched<S> watched) {
    return new SharedState<>(watched, settings, channels, timer, open::left);
  }

  /** Makes the watch while the state is kept from being closed. */
  private final class Opening<R> {
    private final Reader<S, R> reader;
    private final Sink<R> sink;
    private Watch<S, R> watch;

    Opening(Reader<S, R> reader, Sink<R> sink) {
      this.reader = reader;
      this.sink = sink;
    }

    void join(SharedState<S> shared) {
      watch = new Watch<>(shared, reader, sink);
      shared.add(watch);
    }
  }
}
