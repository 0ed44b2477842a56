// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.redis.PubSub;
import dev.quoin.server.redis.Seal;
import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;

/**
 * The logs this server follows, each read once for all its subscribers.
 *
 * <p>A subscriber has a position in each log and no queue. While it reads as fast as the log is
 * written it is served from the few entries every tail keeps; behind that it is served from Redis,
 * a batch at a time and only when it can take one. Both ways lead over its position, so nothing is
 * lost or told twice where one ends and the other begins.
 */
public final class Tails {
  /** For how long a read that listens may count on hints: several times the pause between reads. */
  public static final long LISTENS_MILLIS = 30_000;

  private final PubSub pubSub;
  private final Timer timer;
  private final Seal seal;
  private final CursorCache cursors;
  private final Map<String, Tail<?>> tails = new ConcurrentHashMap<>();

  /**
   * @param seal seals cursors
   */
  public Tails(PubSub pubSub, Timer timer, Seal seal) {
    this.pubSub = pubSub;
    this.seal = seal.within("cursor");
    this.cursors = new CursorCache(this.seal);
    this.timer = timer;
  }

  /**
   * A stream that follows no log yet.
   *
   * @param domain see {@link #cursor}
   */
  public <E extends SequencedEntry> Subscription<E> subscribe(
      String domain, Subscriber<E> subscriber, Subscription.SlowReader slowReader) {
    return new Subscription<>(this, timer, domain, subscriber, slowReader);
  }

  /**
   * Reads a cursor of a stream, or of a write to a log; see {@link Cursor#parse}.
   *
   * @param domain where cursors are valid: one of another domain is refused. A log belongs to one
   *     domain
   */
  public Cursor cursor(String domain, String text) {
    return Cursor.parse(domain, text, seal);
  }

  /** Writes cursors. */
  public Cursor.Writer cursorWriter(String domain) {
    return new Cursor.Writer(domain, cursors);
  }

  /** Tells the channel of each log and how many entries its slowest stream is behind. */
  public void lags(BiConsumer<String, Long> lags) {
    tails.forEach((channel, tail) -> lags.accept(channel, tail.lag()));
  }

  /** How many logs this server follows. */
  public int open() {
    return tails.size();
  }

  /** The tail of a log, which from now on has one more follower. */
  @SuppressWarnings("unchecked") // A channel belongs to one feature, and so to one type of entries.
  <E extends SequencedEntry> Tail<E> join(LogSource<E> source, FollowedLog<E> followed) {
    Tail<E> joined =
        (Tail<E>)
            tails.compute(
                source.channel(),
                (channel, known) -> {
                  Tail<E> tail =
                      known != null
                          ? (Tail<E>) known
                          : new Tail<>(source, pubSub, timer, this::close);
                  tail.add(followed);
                  return tail;
                });
    joined.open();
    return joined;
  }

  /** Forgets a tail that nobody follows, or that could not be opened. */
  private void close(Tail<?> tail) {
    tails.computeIfPresent(
        tail.channel(),
        (channel, open) -> {
          if (open != tail || tail.isOpen() && tail.isFollowed()) {
            return open;
          }
          tail.close();
          return null;
        });
  }
}
