// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.quoin.external.keda.ExternalScalerGrpc;
import dev.quoin.external.keda.GetMetricsRequest;
import dev.quoin.external.keda.IsActiveResponse;
import dev.quoin.external.keda.MetricSpec;
import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.TailRequest;
import dev.quoin.logs.v1.TailResponse;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.server.access.Tokens;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What KEDA is told. */
@Tag("redis")
final class ScalerServiceTest {
  private final String queue = "mail-" + UUID.randomUUID();

  private static ExternalScalerGrpc.ExternalScalerBlockingStub scaler() {
    return ExternalScalerGrpc.newBlockingStub(TestServer.first().channel());
  }

  @AfterEach
  void end() {
    OpenStream.cancelAll();
  }

  private static ScaledObjectRef object(String... metadata) {
    ScaledObjectRef.Builder object =
        ScaledObjectRef.newBuilder().setName("workers").setNamespace("of-kubernetes");
    for (int i = 0; i < metadata.length; i += 2) {
      object.putScalerMetadata(metadata[i], metadata[i + 1]);
    }
    return object.build();
  }

  private void enqueue(String namespace) {
    QueuesGrpc.newBlockingStub(TestServer.second().channel())
        .withInterceptors(TestServer.in(namespace))
        .enqueue(
            EnqueueRequest.newBuilder()
                .setQueue(queue)
                .setTask(
                    NewTask.newBuilder().setKind("send").setPayload(ByteString.copyFromUtf8("x")))
                .build());
  }

  private static double value(ScaledObjectRef object) {
    return scaler()
        .getMetrics(GetMetricsRequest.newBuilder().setScaledObjectRef(object).build())
        .getMetricValues(0)
        .getMetricValueFloat();
  }

  @Test
  void aSingleTaskWakesTheFirstWorkerThroughTheStream() {
    ScaledObjectRef object = object("queue", queue);
    OpenStream<ScaledObjectRef, IsActiveResponse> stream = new OpenStream<>();
    ExternalScalerGrpc.newStub(TestServer.first().channel()).streamIsActive(object, stream);

    assertThat(stream.any().getResult()).isFalse();
    assertThat(scaler().isActive(object).getResult()).isFalse();
    enqueue("default");
    assertThat(stream.any().getResult()).isTrue();
    assertThat(scaler().isActive(object).getResult()).isTrue();
  }

  @Test
  void depthCountsWhatWorkersHaveAndOnlyOfItsNamespace() {
    ScaledObjectRef object = object("queue", queue, "namespace", "scaled");
    enqueue("scaled");
    enqueue("scaled");
    enqueue("default");
    QueuesGrpc.newBlockingStub(TestServer.first().channel())
        .withInterceptors(TestServer.in("scaled"))
        .lease(LeaseRequest.newBuilder().addQueues(queue).build());

    assertThat(value(object)).isEqualTo(2);
    assertThat(value(object("queue", queue))).isEqualTo(1);
  }

  @Test
  void theAgeOfTheOldestTaskGrows() {
    ScaledObjectRef object = object("queue", queue, "metric", "queueOldestAge");
    assertThat(value(object)).isZero();
    enqueue("default");
    Eventually.until("it is older", () -> value(object) > 0.05);
  }

  @Test
  void targetsAndActivationAreThoseOfTheTrigger() {
    MetricSpec usual = scaler().getMetricSpec(object("queue", queue)).getMetricSpecs(0);
    assertThat(usual.getMetricName()).isEqualTo("quoin-queue-depth");
    assertThat(usual.getTargetSizeFloat()).isEqualTo(10);
    MetricSpec own =
        scaler().getMetricSpec(object("queue", queue, "target", "2.5")).getMetricSpecs(0);
    assertThat(own.getTargetSizeFloat()).isEqualTo(2.5);
    assertThat(own.getTargetSize()).isEqualTo(3);

    enqueue("default");
    ScaledObjectRef patient = object("queue", queue, "activation", "1");
    assertThat(scaler().isActive(patient).getResult()).isFalse();
    enqueue("default");
    assertThat(scaler().isActive(patient).getResult()).isTrue();
  }

  @Test
  void aLogThatNobodyFollowsHasNoLag() {
    assertThat(value(object("metric", "streamLag", "log", "web"))).isZero();
  }

  @Test
  void aStreamThatIsReadSlowlyHasALag() {
    String log = "web-" + UUID.randomUUID();
    ClientCall<TailRequest, TailResponse> call =
        TestServer.first().channel().newCall(LogsGrpc.getTailMethod(), CallOptions.DEFAULT);
    call.start(new ClientCall.Listener<>() {}, new Metadata());
    call.sendMessage(TailRequest.newBuilder().addNames(log).build());
    call.halfClose();
    // Nothing is requested: the server may send what the connection takes, and then has to wait.
    WriteRequest entry =
        WriteRequest.newBuilder()
            .setName(log)
            .setSeverity(Severity.SEVERITY_INFO)
            .setText("x".repeat(2_000))
            .build();
    ScaledObjectRef object = object("metric", "streamLag", "log", log);
    // At first it may be behind for a moment only, and has nothing left when it is asked again.
    Eventually.until(
        "it falls behind, which is active",
        () -> {
          LogsGrpc.newBlockingStub(TestServer.second().channel()).write(entry);
          return value(object) > 2 && scaler().isActive(object).getResult();
        });
    call.cancel("read enough", null);
    Eventually.until("nobody is behind any more", () -> value(object) == 0);
  }

  @Test
  void metadataThatCannotBeUsedIsNamed() {
    assertInvalid("queue", object());
    assertInvalid("metric", object("queue", queue, "metric", "cpu"));
    assertInvalid("target", object("queue", queue, "target", "0"));
    assertInvalid("target", object("queue", queue, "target", "-1"));
    assertInvalid("activation", object("queue", queue, "activation", "1e9"));
    assertInvalid("feature", object("metric", "streamLag", "log", "a", "feature", "locks"));
    assertInvalid("namespace", object("queue", queue, "namespace", "No:Such"));
  }

  private static void assertInvalid(String field, ScaledObjectRef object) {
    Refused refused = Refused.by(() -> scaler().isActive(object));
    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.status().toString()).contains(field);
  }

  @Test
  void whoMayNotReadTheQueueIsRefused(@TempDir Path folder) throws IOException {
    String token = Tokens.random();
    Path tokens = folder.resolve("tokens.yaml");
    Files.writeString(
        tokens, "tokens:\n  - principal: keda\n    digest: " + Tokens.digest(token) + "\n");
    Path policy = folder.resolve("policy.yaml");
    Files.writeString(
        policy,
        """
        roles:
          scaler:
            - externalscaler.ExternalScaler: read
            - quoin.queues.v1.Queues: read
        bindings:
          - {role: scaler, principals: [keda], namespaces: [shop]}
        """);
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(), "tokens", tokens.toString(), "policy", policy.toString())) {
      Metadata headers = new Metadata();
      headers.put(
          Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
      var known =
          ExternalScalerGrpc.newBlockingStub(server.channel())
              .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));

      assertThat(known.isActive(object("queue", queue, "namespace", "shop")).getResult()).isFalse();
      assertThat(
              Refused.by(() -> known.isActive(object("queue", queue, "namespace", "bank"))).code())
          .isEqualTo(Code.PERMISSION_DENIED);
      assertThat(
              Refused.by(
                      () ->
                          ExternalScalerGrpc.newBlockingStub(server.channel())
                              .isActive(object("queue", queue, "namespace", "shop")))
                  .code())
          .isEqualTo(Code.UNAUTHENTICATED);
    }
  }
}
