// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A server of Quoin behind a proxy, on a port that it keeps when it is started again. */
final class QuoinServer implements AutoCloseable {
  private static final long DRAIN_SECONDS = 30;

  private final Path jar;
  private final Path log;
  private final String redis;
  private final List<String> options;
  private final int port = Child.freePort();
  private final FaultyProxy proxy = FaultyProxy.start(port);
  private volatile Child child;

  private QuoinServer(Path jar, Path log, String redis, List<String> options) {
    this.jar = jar;
    this.log = log;
    this.redis = redis;
    this.options = options;
  }

  /**
   * Starts a server.
   *
   * @param options further arguments of {@code serve}
   */
  static QuoinServer start(Path jar, Path log, String redis, String... options)
      throws InterruptedException {
    QuoinServer server = new QuoinServer(jar, log, redis, List.of(options));
    server.start();
    return server;
  }

  /** Starts it, again, and waits until it serves. */
  void start() throws InterruptedException {
    int before = child == null ? 0 : child.log().length();
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx512m",
                "-jar",
                jar.toString(),
                "serve",
                "--port",
                String.valueOf(port),
                "--metrics-port",
                "0",
                "--http-port",
                "0",
                "--redis",
                redis,
                "--allow-volatile-redis",
                "true"));
    command.addAll(options);
    child = Child.start(log, command);
    Child started = child;
    started.await(() -> started.log().indexOf("serves 127.0.0.1:" + port, before) >= 0);
  }

  /** What clients connect to. */
  int proxyPort() {
    return proxy.port();
  }

  FaultyProxy proxy() {
    return proxy;
  }

  boolean isAlive() {
    return child.isAlive();
  }

  void kill() {
    child.kill();
  }

  /** SIGTERM; false when it does not end by itself. */
  boolean drain() throws InterruptedException {
    return child.terminate(DRAIN_SECONDS);
  }

  void pause() {
    child.signal("STOP");
  }

  void resume() {
    child.signal("CONT");
  }

  @Override
  public void close() {
    child.close();
    proxy.close();
  }
}
