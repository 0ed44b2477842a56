// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Stands in front of a server on loopback and loses or delays bytes of the connections there are.
 */
public final class BadProxy implements AutoCloseable {
  private final ServerSocket socket;
  private final int target;
  private final List<Connection> connections = new CopyOnWriteArrayList<>();

  private static final class Connection {
    volatile boolean swallowsAll;
    volatile boolean swallowsAnAnswer;
    volatile boolean swallowsAnswers;
    volatile CountDownLatch delivery;
    volatile Thread requests;
    volatile long bytesPerSecond = Long.MAX_VALUE;
  }

  private BadProxy(ServerSocket socket, int target) {
    this.socket = socket;
    this.target = target;
  }

  /** Starts a proxy for a port of loopback. */
  public static BadProxy start(int target) {
    try {
      BadProxy proxy =
          new BadProxy(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), target);
      daemon(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** From now on nothing comes through on the connections there are; new ones are good. */
  public void swallowAll() {
    connections.forEach(connection -> connection.swallowsAll = true);
  }

  /** Loses the next bytes that come back, on each of the connections there are. */
  public void swallowAnAnswer() {
    connections.forEach(connection -> connection.swallowsAnAnswer = true);
  }

  /** From now on nothing comes back on the connections there are; requests come through. */
  public void swallowAnswers() {
    connections.forEach(connection -> connection.swallowsAnswers = true);
  }

  /**
   * Keeps what is sent from now on over the connections there are until the answer is run, although
   * the sender may have closed them: they must be closed by then. Nothing comes back.
   */
  public Runnable delayRequests() {
    CountDownLatch delivery = new CountDownLatch(1);
    List<Connection> delayed = List.copyOf(connections);
    delayed.forEach(
        connection -> {
          connection.swallowsAnswers = true;
          connection.delivery = delivery;
        });
    return () -> {
      delivery.countDown();
      delayed.forEach(
          connection -> Eventually.until("it is delivered", () -> !connection.requests.isAlive()));
    };
  }

  /** Lets so many bytes a second come back, on each of the connections there are. */
  public void slowDown(long bytesPerSecond) {
    connections.forEach(connection -> connection.bytesPerSecond = bytesPerSecond);
  }

  /** How many connections there were so far. */
  public int connections() {
    return connections.size();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
        Connection connection = new Connection();
        connections.add(connection);
        connection.requests = daemon(() -> copy(client, server, connection, false));
        daemon(() -> copy(server, client, connection, true));
      } catch (IOException e) {
        // The proxy is closed.
      }
    }
  }

  private static void copy(Socket from, Socket to, Connection connection, boolean answers) {
    byte[] bytes = new byte[64 * 1024];
    ByteArrayOutputStream delayed = new ByteArrayOutputStream();
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        if (answers && connection.swallowsAnAnswer) {
          connection.swallowsAnAnswer = false;
        } else if (!connection.swallowsAll && !answers && connection.delivery != null) {
          delayed.write(bytes, 0, read);
        } else if (!connection.swallowsAll && !(answers && connection.swallowsAnswers)) {
          out.write(bytes, 0, read);
          if (answers) {
            TimeUnit.NANOSECONDS.sleep(TimeUnit.SECONDS.toNanos(read) / connection.bytesPerSecond);
          }
        }
      }
      if (!answers && connection.delivery != null) {
        connection.delivery.await();
        delayed.writeTo(out);
      }
    } catch (IOException | InterruptedException e) {
      // One side has gone; both are closed now.
    }
  }

  private static Thread daemon(Runnable work) {
    Thread thread = new Thread(work, "bad-proxy");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
