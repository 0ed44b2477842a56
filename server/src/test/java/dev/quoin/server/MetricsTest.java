// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.Scrape;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What operators are paged for. */
@Tag("redis")
final class MetricsTest {
  private static final ByteString BYTES = ByteString.copyFromUtf8("x");
  private static Scrape scrape;
  private static TestServer server;

  @BeforeAll
  static void start() {
    int port = Scrape.freePort();
    scrape = new Scrape(port);
    server = TestServer.start("redis", TestRedis.uri(), "metrics-port", String.valueOf(port));
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static String unique(String text) {
    return text + '-' + UUID.randomUUID().toString().substring(0, 8);
  }

  @Test
  void waitsAreMeasuredApartFromWork() throws Exception {
    String namespace = unique("waits");
    String name = unique("lock");
    var locks = server.locksIn(namespace);
    AcquireResponse held = locks.acquire(AcquireRequest.newBuilder().setName(name).build());
    ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();
    later.schedule(
        () ->
            locks.release(
                ReleaseRequest.newBuilder().setName(name).setToken(held.getToken()).build()),
        1500,
        TimeUnit.MILLISECONDS);

    AcquireResponse waited =
        locks.acquire(
            AcquireRequest.newBuilder().setName(name).setWait(Durations.fromSeconds(20)).build());
    later.shutdownNow();

    assertThat(waited.getAcquired()).isTrue();
    String rpc = "grpc_method=\"quoin.locks.v1.Locks/Acquire\"";
    Eventually.until(
        "the wait is told",
        () ->
            scrape
                    .value(
                        "quoin_wait_duration_seconds_sum",
                        rpc,
                        "quoin_namespace=\"" + namespace + '"')
                    .orElse(0)
                > 1.2);
    assertThat(scrape.value("quoin_call_work_duration_seconds_sum", rpc).orElse(9)).isLessThan(1.2);
    assertThat(scrape.value("quoin_call_work_duration_seconds_count", rpc).orElse(0))
        .isGreaterThanOrEqualTo(2);
  }

  @Test
  void whoGoesAwayOrGetsNothingHasWaitedAndNotWorked() {
    String namespace = unique("gone");
    var queues =
        QueuesGrpc.newBlockingStub(server.channel()).withInterceptors(TestServer.in(namespace));
    LeaseRequest.Builder lease = LeaseRequest.newBuilder().addQueues("empty");
    queues.lease(lease.setWait(Durations.fromMillis(1_200)).build());
    Refused.by(
        () ->
            queues
                .withDeadlineAfter(1_300, TimeUnit.MILLISECONDS)
                .withInterceptors(new Cancelling(1_200))
                .lease(lease.setWait(Durations.fromSeconds(20)).build()));

    String rpc = "grpc_method=\"quoin.queues.v1.Queues/Lease\"";
    Eventually.until(
        "both waits are told",
        () ->
            scrape
                    .value(
                        "quoin_wait_duration_seconds_sum",
                        rpc,
                        "quoin_namespace=\"" + namespace + '"')
                    .orElse(0)
                > 2.2);
    assertThat(scrape.value("quoin_call_work_duration_seconds_sum", rpc).orElse(9)).isLessThan(1);
  }

  /** Cancels a call some time after it began. */
  private record Cancelling(long millis) implements ClientInterceptor {
    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
      ClientCall<Q, R> call = next.newCall(method, options);
      CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS)
          .execute(() -> call.cancel("the test has enough", null));
      return call;
    }
  }

  @Test
  void streamsHoldersAndWaitersAreCountedWhileTheyAreThere() {
    String namespace = unique("holds");
    String label = "quoin_namespace=\"" + namespace + '"';
    String name = unique("lock");
    var stub = server.asyncLocks().withInterceptors(TestServer.in(namespace));
    HoldRequest request = HoldRequest.newBuilder().setName(name).build();
    OpenStream<HoldRequest, HoldResponse> holder = new OpenStream<>();
    stub.hold(request, holder);
    holder.any();
    OpenStream<HoldRequest, HoldResponse> waiter = new OpenStream<>();
    stub.hold(request, waiter);
    waiter.any();
    assertThat(scrape.value("quoin_holders", label, "quoin_feature=\"locks\"")).hasValue(1);
    assertThat(scrape.value("quoin_waiters", label, "quoin_feature=\"locks\"")).hasValue(1);
    assertThat(scrape.value("quoin_streams_open", label)).hasValue(2);
    holder.cancel();
    waiter.cancel();
    Eventually.until(
        "nobody holds, waits or streams",
        () ->
            scrape.value("quoin_holders", label).orElse(0) == 0
                && scrape.value("quoin_waiters", label).orElse(0) == 0
                && scrape.value("quoin_streams_open", label).orElse(9) == 0);
    assertThat(scrape.value("quoin_connections_open").orElse(0)).isGreaterThanOrEqualTo(1);
  }

  @Test
  void queuesTellDepthAgeAndDeadLettersOnlyInTheBackground() {
    String namespace = unique("queues");
    String label = "quoin_namespace=\"" + namespace + '"';
    var queues =
        QueuesGrpc.newBlockingStub(server.channel()).withInterceptors(TestServer.in(namespace));
    for (int i = 0; i < 3; i++) {
      queues.enqueue(
          EnqueueRequest.newBuilder()
              .setQueue("mail")
              .setTask(NewTask.newBuilder().setKind("send").setPriority(i).setPayload(BYTES))
              .build());
    }
    queues.enqueue(
        EnqueueRequest.newBuilder()
            .setQueue("mail")
            .setTask(
                NewTask.newBuilder()
                    .setKind("send")
                    .setDelay(Durations.fromHours(1))
                    .setPayload(BYTES))
            .build());
    queues.lease(LeaseRequest.newBuilder().addQueues("mail").build());

    Eventually.until(
        Duration.ofSeconds(40),
        "the queue is sampled",
        () ->
            scrape.value("quoin_queue_tasks", label, "quoin_state=\"ready\"").orElse(0) == 2
                && scrape.value("quoin_queue_tasks", label, "quoin_state=\"delayed\"").orElse(0)
                    == 1
                && scrape.value("quoin_queue_tasks", label, "quoin_state=\"leased\"").orElse(0) == 1
                && scrape.value("quoin_queue_oldest_age_seconds", label).orElse(0) > 0);
    assertThat(scrape.value("quoin_queue_tasks", label, "quoin_state=\"dead\"")).hasValue(0);
  }

  @Test
  void refusalsAreCountedByReason() {
    String namespace = unique("refused");
    Refused.by(
        () ->
            server
                .locksIn(namespace)
                .release(ReleaseRequest.newBuilder().setName("nobody").setToken("x").build()));

    Eventually.until(
        "the refusal is counted",
        () ->
            scrape
                    .value(
                        "quoin_refusals_total",
                        "quoin_reason=\"LOCK_NOT_HELD\"",
                        "quoin_namespace=\"" + namespace + '"')
                    .orElse(0)
                == 1);
    assertThat(scrape.value("quoin_calls_total", "quoin_namespace=\"" + namespace + '"'))
        .hasValue(1);
  }

  @Test
  void madeUpNamespacesAreNoLabels() {
    for (int i = 0; i < 5; i++) {
      String madeUp = "Not_A_Namespace_" + i;
      Refused.by(
          () -> server.locksIn(madeUp).acquire(AcquireRequest.newBuilder().setName("x").build()));
    }
    Eventually.until(
        "they are counted together",
        () ->
            scrape
                    .value(
                        "quoin_refusals_total",
                        "quoin_reason=\"INVALID_REQUEST\"",
                        "quoin_namespace=\"other\"")
                    .orElse(0)
                >= 5);
    assertThat(scrape.get("/metrics").body()).doesNotContain("Not_A_Namespace");
  }

  @Test
  void redisTheBuildAndTheMaintainersAreThere() {
    Eventually.until(
        "Redis was asked", () -> scrape.value("quoin_redis_memory_used_bytes").orElse(0) > 100_000);
    assertThat(scrape.value("quoin_redis_up")).hasValue(1);
    assertThat(scrape.value("quoin_redis_evicted_keys")).hasValue(0);
    assertThat(scrape.value("quoin_build", "version=\"development\"", "java=")).hasValue(1);
    assertThat(
            scrape.value("quoin_maintainer_lag_seconds", "quoin_maintainer=\"storage\"").orElse(-1))
        .isBetween(0.0, 30.0);
  }

  @Test
  void aProcessThatServesIsAliveAndReady() {
    assertThat(scrape.get("/healthz").statusCode()).isEqualTo(200);
    assertThat(scrape.get("/readyz").statusCode()).isEqualTo(200);
    assertThat(scrape.get("/ready").statusCode()).isEqualTo(200);
    assertThat(scrape.get("/else").statusCode()).isEqualTo(404);
  }
}
