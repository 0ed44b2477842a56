// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.Services;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What every client of Quoin must get from a server: one test per case of clients/conformance. The
 * environment variables {@code QUOIN_ADDRESS} and {@code QUOIN_GUARDED_ADDRESS} name other servers
 * than those of these tests.
 */
class ConformanceTest {
  private static final Path FOLDER = Path.of("..", "conformance");

  /** What no request brings about. */
  private static final Set<ErrorReason> OF_NO_REQUEST =
      EnumSet.of(
          ErrorReason.ERROR_REASON_UNSPECIFIED,
          ErrorReason.ERROR_REASON_STORE_UNAVAILABLE,
          ErrorReason.ERROR_REASON_STORE_FULL,
          ErrorReason.ERROR_REASON_STORE_NOT_PERMITTED,
          ErrorReason.ERROR_REASON_USER_OUTBOX_FULL,
          ErrorReason.ERROR_REASON_OVERLOADED,
          ErrorReason.ERROR_REASON_REQUEST_INCOMPLETE,
          ErrorReason.ERROR_REASON_SEARCH_INDEX_OUTDATED,
          ErrorReason.ERROR_REASON_SEARCH_QUERIES_FULL,
          ErrorReason.ERROR_REASON_SEARCH_BUSY,
          ErrorReason.ERROR_REASON_SEARCH_PARTITION_FULL,
          ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
          ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
          ErrorReason.ERROR_REASON_SHUTTING_DOWN,
          ErrorReason.ERROR_REASON_INTERNAL,
          ErrorReason.UNRECOGNIZED);

  private static final List<ServiceDescriptor> SERVICES =
      Services.ALL.stream().map(Services.Entry::contract).toList();

  @RegisterExtension static final SharedServer SERVER = new SharedServer();
  @RegisterExtension static final SharedServer GUARDED = SharedServer.guarded(FOLDER);

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
                    run(service, one);
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

  @Test
  void everyReasonAndRpcHasACase() throws IOException {
    Set<String> reasons = new TreeSet<>();
    Set<String> calls = new TreeSet<>();
    for (Path path : features()) {
      JsonNode file = new YAMLMapper().readTree(Files.readString(path));
      reasons.addAll(file.findValuesAsText("fails"));
      // The outcomes of single items; the list of all reasons brings none about.
      if (!file.get("feature").asText().equals("errors")) {
        file.findValuesAsText("reason")
            .forEach(reason -> reasons.add(reason.replaceFirst("ERROR_REASON_", "")));
      }
      for (String call : file.findValuesAsText("call")) {
        calls.add(call.contains("/") ? call : file.get("service").asText() + "/" + call);
      }
    }

    assertThat(ErrorReason.values())
        .filteredOn(reason -> !OF_NO_REQUEST.contains(reason))
        .extracting(reason -> reason.name().replaceFirst("ERROR_REASON_", ""))
        .isSubsetOf(reasons);
    for (ServiceDescriptor service : SERVICES) {
      assertThat(service.getMethods())
          .extracting(MethodDescriptor::getFullMethodName)
          .isSubsetOf(calls);
    }
  }

  private static void run(String service, JsonNode one) throws Exception {
    try (Quoin quoin = client(one);
        Conformance runner = new Conformance(quoin.channel(), service)) {
      for (JsonNode step : one.get("steps")) {
        runner.run(step);
      }
    }
  }

  /** A client in a namespace that nobody used before, also not in an earlier run. */
  private static Quoin client(JsonNode one) {
    String address =
        one.has("server")
            ? address("QUOIN_GUARDED_ADDRESS", GUARDED)
            : address("QUOIN_ADDRESS", SERVER);
    QuoinBuilder client = Quoin.builder().address(address).namespace("java-" + UUID.randomUUID());
    return one.has("token") ? client.token(one.get("token").asText()).build() : client.build();
  }

  private static String address(String variable, SharedServer own) {
    String given = System.getenv(variable);
    return given == null ? own.address() : given;
  }

  private static List<Path> features() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }
}
