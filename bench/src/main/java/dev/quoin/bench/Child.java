// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.server.embedded.RedisProgram;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/** A process of the benchmark; ends with it, also when the benchmark is interrupted. */
final class Child implements AutoCloseable {
  private static final long START_SECONDS = 60;
  private static final long STOP_SECONDS = 10;

  private final Process process;
  private final Path log;
  private final Thread hook;

  private Child(Process process, Path log) {
    this.process = process;
    this.log = log;
    this.hook = new Thread(process::destroyForcibly);
    Runtime.getRuntime().addShutdownHook(hook);
  }

  static Child start(Path folder, String name, List<String> command) {
    return start(folder, name, Map.of(), command);
  }

  /**
   * @param variables what is set besides the environment of this process
   */
  static Child start(
      Path folder, String name, Map<String, String> variables, List<String> command) {
    try {
      Path log = folder.resolve(name + ".log");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().keySet().removeIf(variable -> variable.startsWith("QUOIN_"));
      builder.environment().putAll(variables);
      return new Child(builder.redirectErrorStream(true).redirectOutput(log.toFile()).start(), log);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start " + name, e);
    }
  }

  /** A Redis that keeps nothing. */
  static Child redis(Path folder, int port) throws IOException {
    List<String> command = new ArrayList<>(List.of(RedisProgram.unpack(folder).toString()));
    command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
    command.addAll(List.of("--dir", folder.toString(), "--save", "", "--appendonly", "no"));
    return start(folder, "redis", command);
  }

  static int freePort() {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException("no free port", e);
    }
  }

  Process process() {
    return process;
  }

  /** Reads the log until something is found in it. */
  <T> T await(Function<String, T> find) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
    while (process.isAlive() && System.nanoTime() - end < 0) {
      T found = find.apply(log());
      if (found != null) {
        return found;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    throw new IllegalStateException("a process did not start; its log:\n" + log());
  }

  private String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor(STOP_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The JVM ends already: the hook runs.
    }
  }
}
