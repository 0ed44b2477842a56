// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import dev.quoin.server.embedded.RedisProgram;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A redis-server of a test, on loopback, that can be killed and started again on the same port. */
public final class RedisProcess implements RedisNode, AutoCloseable {
  private static final RedisClient CLIENT = RedisClient.create();

  /** Ports are free when they are chosen; somebody else may be faster. */
  private static final int MOST_ATTEMPTS = 5;

  /** So far above its port is that of a cluster node's bus. */
  private static final int TO_BUS = 10_000;

  private final TemporaryFolder folder;
  private final int port;
  private final List<String> options;
  private Process process;
  private StatefulRedisConnection<String, String> connection;

  private RedisProcess(TemporaryFolder folder, int port, List<String> options) {
    this.folder = folder;
    this.port = port;
    this.options = options;
  }

  /** Starts a server; options are given as on its command line. */
  public static RedisProcess start(String... options) {
    List<String> all = new ArrayList<>(List.of("--save", ""));
    all.addAll(List.of(options));
    try {
      return start(TemporaryFolder.create(), all);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static RedisProcess start(TemporaryFolder folder, List<String> options)
      throws IOException {
    for (int attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      RedisProcess redis = new RedisProcess(folder, freePort(), options);
      if (redis.comesUp()) {
        Runtime.getRuntime().addShutdownHook(new Thread(redis::close));
        return redis;
      }
      redis.disconnect();
    }
    throw new IllegalStateException("redis-server does not start: " + options);
  }

  /** Starts a Sentinel, alone and quick to decide, that watches a server by the name "quoin". */
  public static RedisProcess startSentinel(RedisProcess watched) {
    try {
      TemporaryFolder folder = TemporaryFolder.create();
      // A Sentinel writes what it learns into its configuration.
      Path configuration = folder.path().resolve("sentinel.conf");
      Files.writeString(
          configuration,
          """
          sentinel monitor quoin 127.0.0.1 %d 1
          sentinel down-after-milliseconds quoin 500
          sentinel failover-timeout quoin 5000
          """
              .formatted(watched.port));
      return start(folder, List.of(configuration.toString(), "--sentinel"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public int port() {
    return port;
  }

  @Override
  public RedisCommands<String, String> commands() {
    return connection.sync();
  }

  /** Starts the server again on the same port and data. */
  public void start() {
    if (!comesUp()) {
      throw new IllegalStateException("redis-server does not start again on port " + port);
    }
  }

  /** Starts it; tells whether it runs, which it does not when somebody else has its port. */
  private boolean comesUp() {
    List<String> command = new ArrayList<>();
    try {
      command.add(RedisProgram.unpack(folder.path()).toString());
      command.addAll(options);
      command.addAll(List.of("--port", String.valueOf(port), "--bind", "127.0.0.1"));
      command.addAll(List.of("--dir", folder.path().toString()));
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Eventually.until(
        Duration.ofSeconds(20),
        "redis-server answers or has ended",
        () -> !process.isAlive() || answers());
    return process.isAlive();
  }

  /** Like a power cut: kill -9. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** Stops answering without closing connections, as a network that swallows everything. */
  public void freeze() {
    signal("STOP");
  }

  public void unfreeze() {
    signal("CONT");
  }

  /** Ends the server and removes its data. */
  @Override
  public void close() {
    disconnect();
    kill();
    folder.close();
  }

  private void disconnect() {
    if (connection != null) {
      connection.closeAsync();
      connection = null;
    }
  }

  private void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private boolean answers() {
    try {
      if (connection == null) {
        connection = CLIENT.connect(RedisURI.create("127.0.0.1", port));
      }
      return connection.sync().info("server").contains("process_id:" + process.pid() + "\r");
    } catch (RedisException e) {
      return false;
    }
  }

  private static int freePort() throws IOException {
    while (true) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        int port = socket.getLocalPort();
        if (port + TO_BUS <= 65_535 && isFree(port + TO_BUS)) {
          return port;
        }
      }
    }
  }

  private static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      return socket.isBound();
    } catch (IOException e) {
      return false;
    }
  }
}
