// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.errors.v1.ListReasonsRequest;
import dev.quoin.errors.v1.Refusal;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.Scrape;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.channelz.v1.ChannelzGrpc;
import io.grpc.channelz.v1.GetServersRequest;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What operators and tools see. */
final class ObservabilityTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "google.rpc.ErrorInfo",
        "google.rpc.BadRequest",
        "google.rpc.RetryInfo",
        "google.rpc.RequestInfo",
        "quoin.locks.v1.Locks"
      })
  void typesOfErrorDetailsAreKnownToBothReflections(String symbol) throws Exception {
    CompletableFuture<Boolean> v1 = new CompletableFuture<>();
    StreamObserver<ServerReflectionRequest> asked =
        ServerReflectionGrpc.newStub(TestServer.first().channel())
            .serverReflectionInfo(first(v1, ServerReflectionResponse::hasFileDescriptorResponse));
    asked.onNext(ServerReflectionRequest.newBuilder().setFileContainingSymbol(symbol).build());
    asked.onCompleted();
    assertThat(v1.get(5, TimeUnit.SECONDS)).isTrue();

    CompletableFuture<Boolean> alpha = new CompletableFuture<>();
    StreamObserver<io.grpc.reflection.v1alpha.ServerReflectionRequest> askedAlpha =
        io.grpc.reflection.v1alpha.ServerReflectionGrpc.newStub(TestServer.first().channel())
            .serverReflectionInfo(
                first(
                    alpha,
                    io.grpc.reflection.v1alpha.ServerReflectionResponse
                        ::hasFileDescriptorResponse));
    askedAlpha.onNext(
        io.grpc.reflection.v1alpha.ServerReflectionRequest.newBuilder()
            .setFileContainingSymbol(symbol)
            .build());
    askedAlpha.onCompleted();
    assertThat(alpha.get(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void everyReasonIsListedWithItsCodeAndDetails() {
    var reasons =
        ErrorsGrpc.newBlockingStub(TestServer.first().channel())
            .listReasons(ListReasonsRequest.getDefaultInstance())
            .getRefusalsList();

    assertThat(reasons)
        .extracting(Refusal::getReason)
        .contains("LOCK_NOT_HELD", "INVALID_REQUEST", "STORE_UNAVAILABLE");
    assertThat(reasons)
        .allSatisfy(
            refusal ->
                assertThat(refusal.getDetails().getErrorInfo().getReason())
                    .isEqualTo(refusal.getReason()));
  }

  @Test
  void metricsTellAboutCallsScriptsAndTheJvm() throws Exception {
    int port = Scrape.freePort();
    try (TestServer server =
        TestServer.start("redis", TestRedis.uri(), "metrics-port", String.valueOf(port))) {
      server.locks().acquire(AcquireRequest.newBuilder().setName("measured").build());
      Refused.by(
          () ->
              server
                  .locks()
                  .release(ReleaseRequest.newBuilder().setName("measured").setToken("x").build()));

      Eventually.until(
          "the calls are counted",
          () -> {
            String metrics = new Scrape(port).get("/metrics").body();
            return metrics.contains(
                    "grpc_method=\"quoin.locks.v1.Locks/Acquire\",grpc_status=\"OK\"")
                && metrics.contains("db_stored_procedure_name=\"locks/acquire_fast\"")
                && metrics.contains("jvm_memory_used_bytes");
          });
    }
  }

  @Test
  void channelzListsTheServer() {
    assertThat(
            ChannelzGrpc.newBlockingStub(TestServer.first().channel())
                .getServers(GetServersRequest.getDefaultInstance())
                .getServerList())
        .isNotEmpty();
  }

  @Test
  void healthIsKnownPerService() {
    var health = HealthGrpc.newBlockingStub(TestServer.first().channel());

    for (String service : TestServer.first().server().services()) {
      assertThat(
              health.check(HealthCheckRequest.newBuilder().setService(service).build()).getStatus())
          .isEqualTo(ServingStatus.SERVING);
    }
  }

  @Test
  void callersIdOfACallComesBackWithAFailure() {
    var headers = new io.grpc.Metadata();
    var key = io.grpc.Metadata.Key.of("quoin-request-id", io.grpc.Metadata.ASCII_STRING_MARSHALLER);
    headers.put(key, "ticket-77");
    var trailers = new java.util.concurrent.atomic.AtomicReference<io.grpc.Metadata>();

    Refused.by(
        () ->
            TestServer.first()
                .locks()
                .withInterceptors(
                    io.grpc.stub.MetadataUtils.newAttachHeadersInterceptor(headers),
                    io.grpc.stub.MetadataUtils.newCaptureMetadataInterceptor(
                        new java.util.concurrent.atomic.AtomicReference<>(), trailers))
                .acquire(AcquireRequest.getDefaultInstance()));

    assertThat(trailers.get().get(key)).isEqualTo("ticket-77");
  }

  private static <T> StreamObserver<T> first(
      CompletableFuture<Boolean> answer, java.util.function.Predicate<T> good) {
    return new StreamObserver<>() {
      @Override
      public void onNext(T value) {
        answer.complete(good.test(value));
      }

      @Override
      public void onError(Throwable failure) {
        answer.completeExceptionally(failure);
      }

      @Override
      public void onCompleted() {
        answer.complete(false);
      }
    };
  }
}
