// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.prometheus.PrometheusHttpServer;
import io.opentelemetry.instrumentation.runtimetelemetry.RuntimeTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;

/** Metrics under their OpenTelemetry names, served to Prometheus: gRPC, Redis, scripts, JVM. */
final class Metrics implements AutoCloseable {
  private final OpenTelemetry telemetry;
  private final Runnable shutdown;

  private Metrics(OpenTelemetry telemetry, Runnable shutdown) {
    this.telemetry = telemetry;
    this.shutdown = shutdown;
  }

  /** Serves {@code http://host:port/metrics}; port 0 measures nothing. */
  static Metrics start(String host, int port) {
    if (port == 0) {
      return new Metrics(OpenTelemetry.noop(), () -> {});
    }
    OpenTelemetrySdk sdk =
        OpenTelemetrySdk.builder()
            .setMeterProvider(
                SdkMeterProvider.builder()
                    .registerMetricReader(
                        PrometheusHttpServer.builder().setHost(host).setPort(port).build())
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
