// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static java.net.HttpURLConnection.HTTP_NOT_FOUND;
import static java.net.HttpURLConnection.HTTP_OK;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import com.sun.net.httpserver.HttpExchange;
import dev.quoin.server.telemetry.NamespaceLabels;
import dev.quoin.server.telemetry.Telemetry;
import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.exporter.prometheus.PrometheusHttpServer;
import io.opentelemetry.instrumentation.runtimetelemetry.RuntimeTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import java.io.IOException;
import java.util.function.BooleanSupplier;

/** Metrics under their OpenTelemetry names, served to Prometheus: gRPC, Redis, scripts, JVM. */
final class Metrics implements AutoCloseable {
  private final OpenTelemetry telemetry;
  private final boolean isOn;
  private final Runnable shutdown;

  private Metrics(OpenTelemetry telemetry, boolean isOn, Runnable shutdown) {
    this.telemetry = telemetry;
    this.isOn = isOn;
    this.shutdown = shutdown;
  }

  /**
   * Serves {@code http://host:port/metrics}; port 0 measures nothing. For whoever cannot ask for
   * the health over gRPC, {@code /readyz} says 200 while calls are served, and 503 while they are
   * not; {@code /ready} is its older name. {@code /healthz} says 200 as long as the process lives.
   */
  static Metrics start(String host, int port, BooleanSupplier isServing) {
    if (port == 0) {
      return new Metrics(OpenTelemetry.noop(), false, () -> {});
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
        true,
        () -> {
          jvm.close();
          sdk.close();
        });
  }

  private static void answer(HttpExchange exchange, BooleanSupplier isServing) throws IOException {
    try (exchange) {
      int status =
          switch (exchange.getRequestURI().getPath()) {
            case "/healthz" -> HTTP_OK;
            case "/ready", "/readyz" -> isServing.getAsBoolean() ? HTTP_OK : HTTP_UNAVAILABLE;
            default -> HTTP_NOT_FOUND;
          };
      exchange.sendResponseHeaders(status, -1);
    }
  }

  Telemetry telemetry() {
    return new Telemetry(telemetry.getMeter("dev.quoin.server"), new NamespaceLabels(), isOn);
  }

  void measure(ServerBuilder<?> server) {
    GrpcOpenTelemetry.newBuilder().sdk(telemetry).build().configureServerBuilder(server);
  }

  @Override
  public void close() {
    shutdown.run();
  }
}
