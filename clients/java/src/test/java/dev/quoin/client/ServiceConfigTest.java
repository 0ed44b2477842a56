// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The retry policy that all clients share. It is compared here; `make generate` writes the file.
 */
class ServiceConfigTest {
  private static final Path FILE = Path.of("..", "service-config.json");
  private static final Path PROTO = Path.of("..", "..", "proto", "quoin");
  private static final Pattern SERVICE = Pattern.compile("(?m)^service (\\w+) ");
  private static final boolean WRITES = "write".equals(System.getProperty("quoin.docs"));
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  @Test
  void fileForOtherLanguagesSaysWhatIsRepeated() throws IOException {
    String now = JSON.writeValueAsString(new TreeMap<>(serviceConfig())) + "\n";
    if (WRITES) {
      Files.writeString(FILE, now);
    }
    assertThat(Files.readString(FILE)).as("run make generate").isEqualTo(now);
  }

  @Test
  void onlyWhatIsSafeIsRepeated() {
    assertThat(repeated(LocksGrpc.getAcquireMethod())).isTrue();
    assertThat(repeated(LocksGrpc.getGetMethod())).isTrue();
    assertThat(repeated(LocksGrpc.getRenewMethod())).isTrue();
    assertThat(repeated(LocksGrpc.getReleaseMethod())).isFalse();
    assertThat(repeated(LocksGrpc.getHoldMethod())).isFalse();
    assertThat(repeated(QueuesGrpc.getLeaseMethod())).isTrue();
    assertThat(repeated(QueuesGrpc.getPurgeMethod())).isFalse();
  }

  private static boolean repeated(MethodDescriptor<?, ?> method) {
    return names().contains(name(method));
  }

  /**
   * What clients whose gRPC repeats calls by itself are configured with. Which calls those are
   * follows from the contract.
   */
  private static Map<String, ?> serviceConfig() {
    Map<String, ?> policy =
        Map.of(
            "maxAttempts",
            5,
            "initialBackoff",
            "0.1s",
            "maxBackoff",
            "1s",
            "backoffMultiplier",
            2,
            "retryableStatusCodes",
            List.of("UNAVAILABLE"));
    Map<String, Object> config = new HashMap<>(Retries.serviceConfig());
    config.put("methodConfig", List.of(Map.of("name", names(), "retryPolicy", policy)));
    return config;
  }

  private static List<Map<String, String>> names() {
    return services().stream()
        .flatMap(service -> service.getMethods().stream())
        .filter(Retries::isSafe)
        .map(ServiceConfigTest::name)
        .sorted(Comparator.comparing(name -> name.get("service") + '/' + name.get("method")))
        .toList();
  }

  private static Map<String, String> name(MethodDescriptor<?, ?> method) {
    return Map.of("service", method.getServiceName(), "method", method.getBareMethodName());
  }

  /** All services of the contract: a class that protoc made for each file says which are in it. */
  private static List<ServiceDescriptor> services() {
    try (Stream<Path> files = Files.walk(PROTO)) {
      return files
          .filter(file -> file.toString().endsWith(".proto"))
          .flatMap(ServiceConfigTest::services)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Stream<ServiceDescriptor> services(Path file) {
    try {
      String contract = Files.readString(file);
      String folder = PROTO.relativize(file.getParent()).toString().replace('/', '.');
      return SERVICE.matcher(contract).results().map(match -> service(folder, match.group(1)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static ServiceDescriptor service(String folder, String name) {
    try {
      return (ServiceDescriptor)
          Class.forName("dev.quoin." + folder + '.' + name + "Grpc")
              .getMethod("getServiceDescriptor")
              .invoke(null);
    } catch (ReflectiveOperationException e) {
      throw new AssertionError("no stub for " + name, e);
    }
  }
}
