// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.util.Iterator;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Reads a log stream through all faults: whenever it breaks off, it is opened again at any server
 * with the newest cursor.
 */
final class Follower<R> implements AutoCloseable {
  /** So that streams are resumed often, and one that is silent is not listened to for ever. */
  static final long STREAM_SECONDS = 15;

  private final Servers servers;
  private final BiFunction<Channel, String, Iterator<R>> open;
  private final Function<R, String> take;
  private final Thread thread = new Thread(this::follow, "follower");
  private final Random random = new Random(1);
  private volatile String cursor = "";
  private volatile boolean isClosed;

  /**
   * @param open opens the stream after a cursor, which is empty at first
   * @param take processes an event and tells its cursor, which is empty when it has none
   */
  Follower(
      Servers servers, BiFunction<Channel, String, Iterator<R>> open, Function<R, String> take) {
    this.servers = servers;
    this.open = open;
    this.take = take;
    thread.setDaemon(true);
  }

  /** Starts and waits until the stream has told where it stands. */
  void start() throws InterruptedException {
    thread.start();
    if (!Times.await(30, () -> !cursor.isEmpty())) {
      throw new IllegalStateException("a stream does not start");
    }
  }

  private void follow() {
    while (!isClosed) {
      try {
        Iterator<R> events = open.apply(servers.any(random), cursor);
        while (!isClosed && events.hasNext()) {
          String next = take.apply(events.next());
          if (!next.isEmpty()) {
            cursor = next;
          }
        }
      } catch (StatusRuntimeException e) {
        servers.expectTransient(e);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(100);
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  @Override
  public void close() {
    isClosed = true;
    thread.interrupt();
  }
}
