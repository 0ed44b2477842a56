// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of clients/conformance once more, with the calls that have one request and one response
 * as JSON over HTTP. Those for a server that wants to know who calls are left out.
 */
class JsonConformanceTest {
  private static final Path FOLDER = Path.of("..", "conformance");
  private static TestServer server;

  @BeforeAll
  static void start() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    server =
        new TestServer(
            Map.of(
                "max-waiters", "30",
                "max-calls-per-connection", "2000",
                "social-max-following", "5",
                "http-port", String.valueOf(port)));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @TestFactory
  List<DynamicTest> cases() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path path : files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList()) {
        JsonNode file = new YAMLMapper().readTree(Files.readString(path));
        for (JsonNode one : file.get("cases")) {
          if (!one.has("server")) {
            String name = file.get("feature").asText() + ": " + one.get("name").asText();
            tests.add(dynamicTest(name, () -> run(file.get("service").asText(), one.get("steps"))));
          }
        }
      }
    }
    return tests;
  }

  private static void run(String service, JsonNode steps) throws Exception {
    String namespace = "json-" + UUID.randomUUID();
    try (Quoin quoin = Quoin.builder().address(server.address()).namespace(namespace).build();
        Conformance runner =
            new Conformance(
                new JsonChannel(server.httpAddress(), namespace, quoin.channel()), service)) {
      for (JsonNode step : steps) {
        runner.run(step);
      }
    }
  }
}
