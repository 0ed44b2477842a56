// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import dev.quoin.locks.v1.LocksGrpc;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The program in a process of its own, so that it can be killed: the jar that {@code
 * -Dquoin.test.jar} names, or what is being tested anyway.
 */
public final class ServerProcess implements AutoCloseable {
  private static final Pattern SERVES = Pattern.compile("serves 127\\.0\\.0\\.1:(\\d+)");

  private final Process process;
  private final StringBuffer output = new StringBuffer();
  private final CompletableFuture<Integer> port = new CompletableFuture<>();
  private final Thread reader = new Thread(this::read, "server-output");
  private ManagedChannel channel;

  private ServerProcess(Process process) {
    this.process = process;
  }

  /** Starts {@code serve} with these flags and waits until it serves. */
  public static ServerProcess start(String... flags) {
    return start(Map.of(), flags);
  }

  /** As {@link #start}, with variables of its environment. */
  public static ServerProcess start(Map<String, String> environment, String... flags) {
    return launch(environment, flags).awaitServing();
  }

  /**
   * As {@link #start}, in a process group of its own that hears Control-C, as a terminal would,
   * whatever this process ignores.
   */
  public static ServerProcess startInGroup(String... flags) {
    List<String> terminal =
        List.of("perl", "-e", "use POSIX; setsid; $SIG{INT} = 'DEFAULT'; exec @ARGV");
    return launch(terminal, Map.of(), flags).awaitServing();
  }

  private ServerProcess awaitServing() {
    int port = this.port.orTimeout(120, TimeUnit.SECONDS).join();
    channel = NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    return this;
  }

  /** Starts {@code serve} and does not wait for anything. */
  public static ServerProcess launch(Map<String, String> environment, String... flags) {
    return launch(List.of(), environment, flags);
  }

  private static ServerProcess launch(
      List<String> by, Map<String, String> environment, String... flags) {
    List<String> command = new ArrayList<>(by);
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
    // As the manifest of the jar says it.
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(program());
    command.addAll(
        List.of("serve", "--port", "0", "--metrics-port", "0", "--redis-program", "carried"));
    if (!List.of(flags).contains("--http-port")) {
      command.addAll(List.of("--http-port", "0"));
    }
    command.addAll(List.of(flags));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    try {
      ServerProcess server = new ServerProcess(builder.start());
      Runtime.getRuntime().addShutdownHook(new Thread(server.process::destroyForcibly));
      server.reader.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<String> program() {
    String jar = System.getProperty("quoin.test.jar");
    if (jar == null) {
      return List.of("-cp", System.getProperty("java.class.path"), "dev.quoin.server.Main");
    }
    // An archive of its classes, if there is one beside it, makes it start in less time.
    String archive = jar.replaceFirst("jar$", "jsa");
    return List.of("-XX:SharedArchiveFile=" + archive, "-jar", jar);
  }

  public ManagedChannel channel() {
    return channel;
  }

  public LocksGrpc.LocksBlockingStub locks() {
    return LocksGrpc.newBlockingStub(channel);
  }

  public LocksGrpc.LocksFutureStub futureLocks() {
    return LocksGrpc.newFutureStub(channel);
  }

  public LocksGrpc.LocksStub asyncLocks() {
    return LocksGrpc.newStub(channel);
  }

  /** Its gRPC port; there once it serves. */
  public int port() {
    return port.join();
  }

  /** All it has printed so far. */
  public String output() {
    return output.toString();
  }

  /** Waits for its end and returns the exit code. */
  public int exitCode() {
    int code = process.onExit().orTimeout(120, TimeUnit.SECONDS).join().exitValue();
    Eventually.until("all it printed is read", () -> !reader.isAlive());
    return code;
  }

  /** SIGTERM. Process.destroy would close the streams, too. */
  public void terminate() {
    process.toHandle().destroy();
  }

  /** SIGINT to all processes of its group. */
  public void interruptGroup() throws IOException {
    new ProcessBuilder("sh", "-c", "kill -INT -" + process.pid()).inheritIO().start();
  }

  /** kill -9. */
  public void kill() {
    process.destroyForcibly();
    process.onExit().join();
  }

  @Override
  public void close() {
    if (channel != null) {
      channel.shutdownNow();
    }
    kill();
  }

  private void read() {
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        output.append(line).append('\n');
        Matcher serves = SERVES.matcher(line);
        if (serves.find()) {
          port.complete(Integer.parseInt(serves.group(1)));
        }
      }
      port.completeExceptionally(new IllegalStateException("it ended: " + output));
    } catch (IOException e) {
      port.completeExceptionally(e);
    }
  }
}
