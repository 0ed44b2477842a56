// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What every client of Quoin must get from a server: one test per case of clients/conformance. The
 * environment variable {@code QUOIN_ADDRESS} names another server than the one of these tests.
 */
class ConformanceTest {
  private static final Path FOLDER = Path.of("..", "conformance");

  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  @TestFactory
  List<DynamicTest> cases() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Path path : features()) {
      JsonNode file = new YAMLMapper().readTree(Files.readString(path));
      String feature = file.get("feature").asText();
      for (JsonNode one : file.get("cases")) {
        String name = feature + ": " + one.get("name").asText();
        String service = file.get("service").asText();
        tests.add(
            dynamicTest(
                name,
                () -> {
                  try {
                    run(service, one.get("steps"));
                  } catch (Throwable failure) {
                    throw new AssertionError(
                        "Java, " + path.getFileName() + ", case \"" + name + "\": " + failure,
                        failure);
                  }
                }));
      }
    }
    return tests;
  }

  private static void run(String service, JsonNode steps) throws Exception {
    try (Quoin quoin = client();
        Conformance runner = new Conformance(quoin.channel(), service)) {
      for (JsonNode step : steps) {
        runner.run(step);
      }
    }
  }

  /** A client in a namespace that nobody used before, also not in an earlier run. */
  private static Quoin client() {
    String given = System.getenv("QUOIN_ADDRESS");
    return Quoin.builder()
        .address(given == null ? SERVER.address() : given)
        .namespace("java-" + UUID.randomUUID())
        .build();
  }

  private static List<Path> features() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }
}
