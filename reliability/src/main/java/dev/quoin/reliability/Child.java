// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A process that is signalled like one of an operator; it ends with this program. */
final class Child implements AutoCloseable {
  private static final long START_SECONDS = 60;

  private final Process process;
  private final Path log;

  private Child(Process process, Path log) {
    this.process = process;
    this.log = log;
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
  }

  /** Starts a program whose output is added to a file. */
  static Child start(Path log, List<String> command) {
    try {
      ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
      builder.environment().keySet().removeIf(variable -> variable.startsWith("QUOIN_"));
      builder.redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
      return new Child(builder.start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + command.get(0), e);
    }
  }

  /** A port that is free and, as a node's cluster bus is 10,000 above, not among the highest. */
  static int freePort() {
    while (true) {
      try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        if (socket.getLocalPort() < 55_000) {
          return socket.getLocalPort();
        }
      } catch (IOException e) {
        throw new UncheckedIOException("no free port", e);
      }
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Waits until something is so. */
  void await(BooleanSupplier isReady) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (!isReady.getAsBoolean()) {
      if (!isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException("a process did not start; its log:\n" + log());
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
  }

  /** Sends a signal by its name, such as STOP. */
  void signal(String name) {
    try {
      new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().onExit().join();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** kill -9. */
  void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  /** SIGTERM; false when it had to be killed. */
  boolean terminate(long seconds) throws InterruptedException {
    signal("TERM");
    boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
    kill();
    return ended;
  }

  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    kill();
  }
}
