// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static java.net.HttpURLConnection.HTTP_NOT_FOUND;
import static java.net.HttpURLConnection.HTTP_OK;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import com.sun.net.httpserver.HttpExchange;
import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.prometheus.PrometheusHttpServer;
import io.opentelemetry.instrumentation.runtimetelemetry.RuntimeTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Metrics under their OpenTelemetry names, served to Prometheus: gRPC, Redis, scripts, JVM. */
final class Metrics implements AutoCloseable {
  private final OpenTelemetry telemetry;
  private final Runnable shutdown;

  private Metrics(OpenTelemetry telemetry, Runnable shutdown) {
    this.telemetry = telemetry;
    this.shutdown = shutdown;
  }

  /**
   * Serves {@code http://host:port/metrics}; port 0 measures nothing. For whoever cannot ask for
   * the health over gRPC, {@code /ready} says 200 while calls are served, and 503 while they are
   * not.
   */
  static Metrics start(String host, int port, BooleanSupplier isServing) {
    if (port == 0) {
      return new Metrics(OpenTelemetry.noop(), () -> {});
    }
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setMeterProvider(
                SdkMeterProvider.builder()
                    .registerMetricReader(
                        PrometheusHttpServer.builder()
                            .setHost(host)
                            .setPort(port)
                            .setDefaultHandler(exchange -> answer(exchange, isServing))
                            .build())
                    .build())
            .build();
    RuntimeTelemetry jvm = RuntimeTelemetry.create(sdk);
    return new Metrics(
        sdk,
        () -> {
          jvm.close();
          sdk.close();
        });
  }

  private static void answer(HttpExchange exchange, BooleanSupplier isServing) throws IOException {
    try (exchange) {
      boolean isKnown = exchange.getRequestURI().getPath().equals("/ready");
      int ready = isServing.getAsBoolean() ? HTTP_OK : HTTP_UNAVAILABLE;
      exchange.sendResponseHeaders(isKnown ? ready : HTTP_NOT_FOUND, -1);
    }
  }

  Meter meter() {
    return telemetry.getMeter("dev.quoin.server");
  }

  void measure(ServerBuilder<?> server) {
    GrpcOpenTelemetry.newBuilder().sdk(telemetry).build().configureServerBuilder(server);
  }

  @Override
  public void close() {
    shutdown.run();
  }
}
