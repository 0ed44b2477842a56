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
import java.util.HashMap;
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
 * as JSON over HTTP.
 */
class JsonConformanceTest {
  private static final Path FOLDER = Path.of("..", "conformance");
  private static TestServer open;

  /** Another one, which wants to know who calls. */
  private static TestServer guarded;

  @BeforeAll
  static void start() throws IOException {
    open =
        start(
            Map.of(
                "max-waiters", "30",
                "max-calls-per-connection", "2000",
                "social-max-following", "5"));
    Path files = FOLDER.resolve("guarded");
    guarded =
        start(
            Map.of(
                "tokens", files.resolve("tokens.yaml").toString(),
                "policy", files.resolve("policy.yaml").toString(),
                "quotas", files.resolve("quotas.yaml").toString()));
  }

  private static TestServer start(Map<String, String> settings) throws IOException {
    Map<String, String> all = new HashMap<>(settings);
    try (ServerSocket free = new ServerSocket(0)) {
      all.put("http-port", String.valueOf(free.getLocalPort()));
    }
    return new TestServer(all);
  }

  @AfterAll
  static void stop() {
    open.close();
    guarded.close();
  }

  @TestFactory
  List<DynamicTest> cases() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path path : files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList()) {
        JsonNode file = new YAMLMapper().readTree(Files.readString(path));
        for (JsonNode one : file.get("cases")) {
          String name = file.get("feature").asText() + ": " + one.get("name").asText();
          tests.add(dynamicTest(name, () -> run(file.get("service").asText(), one)));
        }
      }
    }
    return tests;
  }

  private static void run(String service, JsonNode one) throws Exception {
    TestServer server = one.has("server") ? guarded : open;
    String token = one.has("token") ? one.get("token").asText() : null;
    String namespace = "json-" + UUID.randomUUID();
    QuoinBuilder client = Quoin.builder().address(server.address()).namespace(namespace);
    if (token != null) {
      client.token(token);
    }
    try (Quoin quoin = client.build();
        Conformance runner =
            new Conformance(
                new JsonChannel(server.httpAddress(), namespace, token, quoin.channel()),
                service)) {
      for (JsonNode step : one.get("steps")) {
        runner.run(step);
      }
    }
  }
}
