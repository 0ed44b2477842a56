// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.server.QuoinServer;
import dev.quoin.server.settings.SettingsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A server on an embedded Redis, which it can be stopped and started again on. */
final class TestServer implements AutoCloseable {
  private final Path data;
  private final Map<String, String> flags;
  private QuoinServer server;

  TestServer() {
    this(Map.of());
  }

  TestServer(Map<String, String> more) {
    try {
      data = Files.createTempDirectory("quoin-client-test");
    } catch (IOException e) {
      throw new IllegalStateException("cannot make a folder for Redis", e);
    }
    flags = new HashMap<>(more);
    flags.put("port", "0");
    flags.put("metrics-port", "0");
    flags.putIfAbsent("http-port", "0");
    flags.put("data", data.toString());
    start();
  }

  /** Starts it again, on the port it had. */
  void start() {
    server = QuoinServer.start(SettingsReader.read(null, Map.of(), flags));
    flags.put("port", String.valueOf(server.port()));
  }

  /** Drains and stops it and its Redis; the data stay. */
  void stop() {
    server.close();
  }

  String address() {
    return "localhost:" + server.port();
  }

  /** Where it serves HTTP, if it does. */
  String httpAddress() {
    return "http://localhost:" + server.httpPort();
  }

  String redisUri() {
    return server.embedded().orElseThrow().uri();
  }

  @Override
  public void close() {
    stop();
    try (Stream<Path> files = Files.walk(data)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot remove " + data, e);
    }
  }
}
