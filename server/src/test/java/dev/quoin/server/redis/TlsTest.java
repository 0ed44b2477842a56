// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.TlsProxy;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redis behind TLS. */
final class TlsTest {
  @TempDir Path folder;

  @Test
  void certificateOfAGivenAuthorityIsTrustedAndNoOther() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TlsProxy proxy = TlsProxy.start(redis.port(), folder)) {
      String uri = "rediss://localhost:" + proxy.port();

      try (TestServer server =
          TestServer.start("redis", uri, "redis-authorities", proxy.authority().toString())) {
        assertThat(
                server
                    .locks()
                    .acquire(AcquireRequest.newBuilder().setName("a").build())
                    .getAcquired())
            .isTrue();
      }
      assertThatThrownBy(() -> TestServer.start("redis", uri).close())
          .isInstanceOf(BadSettings.class)
          .hasMessageContaining("redis");
    }
  }
}
