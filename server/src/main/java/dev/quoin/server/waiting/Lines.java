// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.redis.Channels;
import io.netty.util.Timer;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The lines in which callers of this server wait.
 *
 * <p>Waiters stand in Redis in the order of arrival. Who gives something back hands it, inside the
 * script, to the first whose server is alive, and that server is told by a hint. Nobody polls: a
 * server looks after each of its lines every 5 seconds, and when the holder's lease would end.
 */
public final class Lines {
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Channels channels;
  private final Timer timer;
  private final int mostWaiters;
  private final String server;
  private final Map<String, Line> lines = new ConcurrentHashMap<>();

  /**
   * @param mostWaiters how many may stand in one line
   */
  public Lines(Channels channels, Timer timer, int mostWaiters) {
    this.channels = channels;
    this.timer = timer;
    this.mostWaiters = mostWaiters;
    byte[] id = new byte[9];
    RANDOM.nextBytes(id);
    this.server = Base64.getUrlEncoder().encodeToString(id);
  }

  /** The name of this server in the lines, new with every start. */
  public String server() {
    return server;
  }

  /** How many may stand in one line. */
  public int mostWaiters() {
    return mostWaiters;
  }

  /** Whether callers of this server wait in the line already: joining it then takes one step. */
  public boolean isOpen(LineScripts scripts) {
    Line line = lines.get(scripts.channel());
    return line != null && line.isListening();
  }

  /** Takes a thing or stands in line for it. */
  public Waiter join(LineScripts scripts, Turn turn) {
    Waiter waiter = new Waiter(turn);
    lines
        .compute(
            scripts.channel(),
            (channel, open) -> {
              Line line = open != null ? open : new Line(scripts, channels, timer, this::close);
              line.add(waiter);
              return line;
            })
        .join(waiter);
    return waiter;
  }

  /** How many lines this server keeps open. */
  public int open() {
    return lines.size();
  }

  /** Forgets a line nobody stands in. */
  private void close(Line line) {
    lines.computeIfPresent(
        line.channel(),
        (channel, open) -> {
          if (open != line || !line.isEmpty()) {
            return open;
          }
          line.stopListening();
          return null;
        });
  }
}
