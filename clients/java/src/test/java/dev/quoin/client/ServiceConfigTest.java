// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.queues.v1.QueuesGrpc;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The retry policy that all clients share. It is compared here; `make generate` writes the file.
 */
class ServiceConfigTest {
  private static final Path FILE = Path.of("..", "service-config.json");
  private static final boolean WRITES = "write".equals(System.getProperty("quoin.docs"));
  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS);

  @Test
  void fileForOtherLanguagesSaysWhatThisClientDoes() throws IOException {
    String written = JSON.writeValueAsString(new TreeMap<>(Retries.serviceConfig())) + "\n";
    // The channel of Java wants doubles; gRPC for Go refuses 5.0 where an integer belongs.
    String now = written.replaceAll("(\\d)\\.0\\b", "$1");
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
    assertThat(repeated(QueuesGrpc.getLeaseMethod())).isFalse();
    assertThat(repeated(QueuesGrpc.getPurgeMethod())).isFalse();
  }

  private static boolean repeated(MethodDescriptor<?, ?> method) {
    List<?> configs = (List<?>) Retries.serviceConfig().get("methodConfig");
    List<?> names = (List<?>) ((Map<?, ?>) configs.get(0)).get("name");
    return names.contains(
        Map.of("service", method.getServiceName(), "method", method.getBareMethodName()));
  }
}
