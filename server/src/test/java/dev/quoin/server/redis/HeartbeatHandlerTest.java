// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.BadProxy;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections to Redis that stay open and are of no use. */
final class HeartbeatHandlerTest {
  private static final Duration LONG = Duration.ofSeconds(60);

  private RedisProcess redis;
  private BadProxy proxy;
  private TestServer server;

  @BeforeEach
  void start() {
    redis = RedisProcess.start("--appendonly", "no");
    proxy = BadProxy.start(redis.port());
    server = TestServer.start("redis", "redis://127.0.0.1:" + proxy.port(), "threads", "1");
    server
        .locks()
        .acquire(
            AcquireRequest.newBuilder().setName("a").setLease(Durations.fromMinutes(10)).build());
  }

  @AfterEach
  void stop() {
    server.close();
    proxy.close();
    redis.close();
  }

  @Test
  void connectionThatSaysNothingIsReplaced() {
    int before = proxy.connections();
    proxy.swallowAll();

    Eventually.until(LONG, "all three are replaced", () -> proxy.connections() >= before + 3);
    Eventually.until(LONG, "calls are served again", () -> isHeld("a"));
  }

  @Test
  void connectionThatIsOutOfStepIsReplaced() {
    int before = proxy.connections();
    proxy.swallowAnAnswer();

    Eventually.until(LONG, "all three are replaced", () -> proxy.connections() >= before + 3);
    Eventually.until(LONG, "calls are served again", () -> isHeld("a"));
    Eventually.until(LONG, "with the right answers", () -> !isHeld("c"));
  }

  private boolean isHeld(String name) {
    try {
      return server.locks().get(GetRequest.newBuilder().setName(name).build()).getHeld();
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isIn(Code.UNAVAILABLE, Code.INTERNAL);
      return false;
    }
  }
}
