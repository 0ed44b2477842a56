// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client.testing;

import dev.quoin.client.Quoin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A Quoin server for tests: a process of its own on a free port of this machine, with an embedded
 * Redis that keeps its data in a temporary folder. Closing it stops both and removes the folder; so
 * does the end of the JVM, even a violent one.
 *
 * <p>Starting it takes a second or two, so start one for all tests, and have each test {@link
 * #connect}: every client gets a namespace of its own, in which there are no data of others.
 */
public final class QuoinTestServer implements AutoCloseable {
  private static final Pattern SERVES = Pattern.compile("serves (\\S+) with");

  /**
   * Runs the server, and stops it when the standard input ends, which it does with this process,
   * however that ends. Then nobody else removes the folder.
   */
  private static final String GUARD =
      """
      folder=$1; shift
      exec 3<&0
      "$@" 3<&- </dev/null & server=$!
      (
        while read -r line <&3; do :; done
        : > "$folder/abandoned"
        kill "$server"
      ) & guard=$!
      trap 'kill "$server"' TERM
      status=1
      while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
      kill "$guard" 2>/dev/null
      if [ -e "$folder/abandoned" ]; then rm -rf "$folder"; fi
      exit "$status"
      """;

  private static final int SECONDS_TO_START = 60;
  private static final int SECONDS_TO_STOP = 20;

  private final Path folder;
  private final Process process;
  private final String address;
  private final Thread atExit = new Thread(this::stop, "quoin-test-server-stop");

  private QuoinTestServer(Path jar, List<String> flags) {
    try {
      folder = Files.createTempDirectory("quoin-test");
      process = process(jar, flags);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot start a Quoin server", e);
    }
    Runtime.getRuntime().addShutdownHook(atExit);
    try {
      address = awaitAddress();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Starts the server whose jar the system property {@code quoin.jar} or, without it, the
   * environment variable {@code QUOIN_JAR} names, and waits until it serves.
   *
   * @throws IllegalStateException when there is no such jar, or the server does not start
   */
  public static QuoinTestServer start() {
    String jar = System.getProperty("quoin.jar", System.getenv("QUOIN_JAR"));
    if (jar == null) {
      throw new IllegalStateException(
          "set the environment variable QUOIN_JAR, or the system property quoin.jar, to quoin.jar");
    }
    return start(Path.of(jar));
  }

  /**
   * Starts a server and waits until it serves.
   *
   * @param jar the file {@code quoin.jar}
   * @param flags further flags of {@code quoin serve}, such as {@code --log-level}, {@code debug}
   * @throws IllegalStateException when there is no such jar, or the server does not start
   */
  public static QuoinTestServer start(Path jar, String... flags) {
    if (!Files.isReadable(jar)) {
      throw new IllegalStateException("there is no server to start: " + jar.toAbsolutePath());
    }
    return new QuoinTestServer(jar, List.of(flags));
  }

  /** Where it serves, without TLS: {@code host:port}. */
  public String address() {
    return address;
  }

  /**
   * A client in a new namespace, whose calls may take 20 s: machines that run tests are busy. Close
   * it.
   */
  public Quoin connect() {
    return Quoin.builder()
        .address(address)
        .namespace("test-" + UUID.randomUUID())
        .deadline(Duration.ofSeconds(20))
        .build();
  }

  /** Stops server and Redis and removes their folder. Closing again does nothing. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      // The JVM ends already.
    }
    stop();
  }

  private Process process(Path jar, List<String> flags) throws IOException {
    List<String> command = new ArrayList<>();
    command.addAll(List.of("/bin/sh", "-c", GUARD, "quoin-test-server", folder.toString()));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // It lives for seconds: starting fast matters more than running fast.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m", "-jar", jar.toString(), "serve"));
    command.addAll(
        List.of("--port", "0", "--metrics-port", "0", "--http-port", "0", "--drain-timeout", "1s"));
    command.addAll(List.of("--data", folder.resolve("data").toString()));
    command.addAll(flags);
    ProcessBuilder server = new ProcessBuilder(command);
    // What configures servers of this machine is not for this one.
    server.environment().keySet().removeIf(name -> name.startsWith("QUOIN_"));
    return server.redirectErrorStream(true).redirectOutput(output().toFile()).start();
  }

  private String awaitAddress() {
    long begin = System.nanoTime();
    while (true) {
      boolean alive = process.isAlive();
      String told = told();
      Matcher serves = SERVES.matcher(told);
      if (serves.find()) {
        return serves.group(1);
      }
      if (!alive) {
        throw new IllegalStateException("the server ended instead of starting: " + told);
      }
      if (System.nanoTime() - begin > TimeUnit.SECONDS.toNanos(SECONDS_TO_START)) {
        throw new IllegalStateException("the server does not start: " + told);
      }
      pause();
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(20);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while the server was starting", e);
    }
  }

  private String told() {
    try {
      return Files.readString(output());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Path folder() {
    return folder;
  }

  private Path output() {
    return folder.resolve("output");
  }

  private void stop() {
    List<ProcessHandle> redis = process.descendants().toList();
    process.destroy();
    try {
      if (!process.waitFor(SECONDS_TO_STOP, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
    redis.forEach(ProcessHandle::destroyForcibly);
    remove();
  }

  private void remove() {
    try (Stream<Path> files = Files.walk(folder)) {
      files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
    } catch (IOException | UncheckedIOException e) {
      // It is gone already, or somebody still writes to it: a folder for temporary files.
    }
  }
}
