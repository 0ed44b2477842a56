// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Stands in front of a port of loopback and cuts, silences or delays what goes through. */
final class FaultyProxy implements AutoCloseable {
  private final ServerSocket socket;
  private final int target;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private volatile long delayMillis;

  private FaultyProxy(ServerSocket socket, int target) {
    this.socket = socket;
    this.target = target;
  }

  static FaultyProxy start(int target) {
    try {
      FaultyProxy proxy =
          new FaultyProxy(new ServerSocket(0, 200, InetAddress.getLoopbackAddress()), target);
      daemon(proxy::accept);
      return proxy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return socket.getLocalPort();
  }

  /** Closes all connections there are. */
  void cut() {
    links.forEach(Link::close);
  }

  /** From now on nothing comes through on the connections there are; new ones are good. */
  void silence() {
    links.forEach(link -> link.isSilent = true);
  }

  /** Delivers whatever comes so much later; 0 ends it. */
  void delay(long millis) {
    delayMillis = millis;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    cut();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket client = socket.accept();
        try {
          Link link = new Link(client, new Socket(InetAddress.getLoopbackAddress(), target));
          links.add(link);
          daemon(() -> copy(link, link.client, link.server));
          daemon(() -> copy(link, link.server, link.client));
        } catch (IOException e) {
          // Nothing listens there now: the client sees its connection end.
          client.close();
        }
      } catch (IOException e) {
        // The proxy is closed.
      }
    }
  }

  private void copy(Link link, Socket from, Socket to) {
    byte[] bytes = new byte[64 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
        if (delayMillis > 0) {
          TimeUnit.MILLISECONDS.sleep(delayMillis);
        }
        if (!link.isSilent) {
          out.write(bytes, 0, read);
        }
      }
    } catch (IOException | InterruptedException e) {
      // One side has gone; both are closed below.
    } finally {
      links.remove(link);
      link.close();
    }
  }

  private static void daemon(Runnable work) {
    Thread thread = new Thread(work, "faulty-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private static final class Link {
    final Socket client;
    final Socket server;
    volatile boolean isSilent;

    Link(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void close() {
      for (Socket end : new Socket[] {client, server}) {
        try {
          end.close();
        } catch (IOException e) {
          // It is closed all the same.
        }
      }
    }
  }
}
