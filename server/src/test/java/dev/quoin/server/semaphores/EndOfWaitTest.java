// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.await;
import static dev.quoin.server.semaphores.Permits.on;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Waits that end while Redis is away. Every test has a Redis of its own. */
final class EndOfWaitTest {
  private RedisProcess redis;
  private TestServer server;
  private ReleaseRequest release;
  private ListenableFuture<AcquireResponse> impatient;
  private ListenableFuture<AcquireResponse> next;

  @BeforeEach
  void stand() {
    redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
    server = TestServer.start("redis", redis.uri());
    ReleaseRequest known = taken("so that Redis knows the scripts");
    on(server)
        .acquire(
            ask("so that Redis knows the scripts", 1).setWait(Durations.fromMillis(1)).build());
    on(server).release(known);
    release = taken("a");
    impatient =
        SemaphoresGrpc.newFutureStub(server.channel())
            .acquire(ask("a", 1).setWait(Durations.fromSeconds(3)).build());
    awaitWaiters(1);
    next = await(server, ask("a", 1));
    awaitWaiters(2);
  }

  @AfterEach
  void stop() {
    server.close();
    redis.close();
  }

  @Test
  void waiterIsOutOfTheLineWhenItsTimeIsOverWhileRedisIsKilled() throws Exception {
    redis.kill();
    assertThat(refusalOf(impatient).reason()).isEqualTo("STORE_UNAVAILABLE");
    redis.start();
    Eventually.until("hints are heard", () -> !redis.commands().pubsubShardChannels().isEmpty());
    Eventually.until("it is released", this::isReleased);

    assertThat(next.get(30, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void grantMadeWhileNobodyIsToldIsGivenBack() throws Exception {
    redis.freeze();
    SemaphoresGrpc.newFutureStub(server.channel()).release(release);
    assertThat(refusalOf(impatient).reason()).isEqualTo("STORE_UNAVAILABLE");
    redis.unfreeze();

    assertThat(next.get(30, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  private static Refused refusalOf(ListenableFuture<?> call) {
    ExecutionException failure =
        catchThrowableOfType(ExecutionException.class, () -> call.get(20, TimeUnit.SECONDS));
    return Refused.of(failure.getCause());
  }

  private ReleaseRequest taken(String name) {
    AcquireResponse held = on(server).acquire(ask(name, 1).setLimit(1).build());
    return ReleaseRequest.newBuilder().setName(name).setToken(held.getToken()).build();
  }

  private boolean isReleased() {
    try {
      on(server).release(release);
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private void awaitWaiters(int count) {
    GetRequest get = GetRequest.newBuilder().setName("a").build();
    Eventually.until(count + " wait", () -> on(server).get(get).getWaiterCount() == count);
  }
}
