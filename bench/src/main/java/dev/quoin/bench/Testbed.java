// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.server.redis.Keyspace;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A Redis and a Quoin server of their own, each a process, on loopback. */
final class Testbed implements AutoCloseable {
  private static final Pattern MEMORY = Pattern.compile("used_memory:(\\d+)");
  private static final Path LAUNCHER = Path.of("deploy/bin/quoin");
  private static final Pattern HEAP = Pattern.compile("used (\\d+)K");
  private static final int FILLED_AT_ONCE = 1_000;

  /** A ticket after all that come from the clock of Redis. */
  private static final double LATE = 4e15;

  private static final Pattern SERVES = Pattern.compile(" serves 127\\.0\\.0\\.1:(\\d+)");

  private final Deque<AutoCloseable> closers = new ArrayDeque<>();
  private Child redis;
  private Child server;
  private int redisPort;
  private int serverPort;
  private StatefulRedisConnection<String, String> admin;

  private Testbed() {}

  static Testbed start(Options options) throws IOException, InterruptedException {
    Testbed testbed = new Testbed();
    try {
      testbed.open(options);
      return testbed;
    } catch (IOException | InterruptedException | RuntimeException e) {
      testbed.close();
      throw e;
    }
  }

  private void open(Options options) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("quoin-bench");
    closers.push(() -> delete(folder));
    redisPort = Child.freePort();
    redis = Child.redis(folder, redisPort);
    closers.push(redis);
    redis.await(log -> log.contains("Ready to accept connections") ? log : null);
    server =
        Child.start(folder, "server", serverVariables(options), serverCommand(folder, options));
    closers.push(server);
    serverPort =
        server.await(
            log -> {
              Matcher announcement = SERVES.matcher(log);
              return announcement.find() ? Integer.valueOf(announcement.group(1)) : null;
            });
    RedisClient client = RedisClient.create(redisUri());
    closers.push(client::shutdown);
    admin = client.connect();
  }

  private static Map<String, String> serverVariables(Options options) {
    return Map.of(
        "JAVA_HOME", System.getProperty("java.home"),
        "QUOIN_JAVA_OPTS", String.join(" ", options.serverJvm()));
  }

  /** Starts the server by its launcher, as its package does. */
  private List<String> serverCommand(Path folder, Options options) throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path lib = Files.createDirectory(folder.resolve("lib"));
    Path launcher = Files.copy(LAUNCHER, bin.resolve("quoin"));
    Files.createSymbolicLink(lib.resolve("quoin.jar"), options.serverJar().toAbsolutePath());
    List<String> command = new ArrayList<>();
    command.addAll(List.of("sh", launcher.toString(), "serve", "--port", "0"));
    if (!options.serverFlags().contains("--max-calls-per-connection")) {
      // Some rows keep thousands of streams open over few connections.
      command.addAll(List.of("--max-calls-per-connection", "20000"));
    }
    if (!options.serverFlags().contains("--social-merge-followers")) {
      // A row delivers posts to 100,000 followers, which is more than a server does by default.
      command.addAll(List.of("--social-merge-followers", "1000000"));
    }
    if (!options.serverFlags().contains("--metrics-port")) {
      command.addAll(List.of("--metrics-port", Integer.toString(Child.freePort())));
    }
    if (!options.serverFlags().contains("--http-port")) {
      command.addAll(List.of("--http-port", "0"));
    }
    command.addAll(List.of("--redis", redisUri(), "--allow-volatile-redis", "true"));
    command.addAll(options.serverFlags());
    return command;
  }

  int serverPort() {
    return serverPort;
  }

  int redisPort() {
    return redisPort;
  }

  String redisUri() {
    return "redis://127.0.0.1:" + redisPort;
  }

  /** A section of what Redis tells about itself. */
  String redisInfo(String section) {
    return admin.sync().info(section);
  }

  /** How many bytes Redis has in use. */
  long redisMemory() {
    Matcher memory = MEMORY.matcher(redisInfo("memory"));
    if (!memory.find()) {
      throw new IllegalStateException("Redis does not tell its memory");
    }
    return Long.parseLong(memory.group(1));
  }

  /** Removes all data; Redis still knows the scripts. */
  void empty() {
    admin.sync().flushall();
  }

  /** Puts callers that do not exist at the end of the line of something. */
  void fillLine(String feature, String name, int callers) {
    String line = new Keyspace("quoin", feature).entity("default", name) + "line";
    for (int first = 0; first < callers; first += FILLED_AT_ONCE) {
      List<Object> some = new ArrayList<>();
      for (int i = first; i < Math.min(callers, first + FILLED_AT_ONCE); i++) {
        some.add(LATE + i);
        some.add("nowhere token-" + i + " 10000 - 1 ");
      }
      admin.sync().zadd(line, some.toArray());
    }
  }

  /** Bytes the server's objects take after a garbage collection. */
  long serverHeap() {
    jcmd("GC.run");
    Matcher used = HEAP.matcher(jcmd("GC.heap_info"));
    if (!used.find()) {
      throw new IllegalStateException("the server's JVM does not tell about its heap");
    }
    return Long.parseLong(used.group(1)) * 1024;
  }

  private String jcmd(String command) {
    String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    try {
      Process process =
          new ProcessBuilder(jcmd, Long.toString(server.process().pid()), command).start();
      return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  CpuTimes cpuTimes() {
    return CpuTimes.now(server.process(), redis.process());
  }

  @Override
  public void close() {
    while (!closers.isEmpty()) {
      try {
        closers.pop().close();
      } catch (Exception e) {
        System.err.println("cannot clean up: " + e);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
