// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static java.net.HttpURLConnection.HTTP_NOT_FOUND;
import static java.net.HttpURLConnection.HTTP_OK;
import static java.net.HttpURLConnection.HTTP_UNAVAILABLE;

import com.sun.net.httpserver.HttpExchange;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import dev.quoin.server.telemetry.NamespaceLabels;
import dev.quoin.server.telemetry.Telemetry;
import dev.quoin.server.telemetry.Traces;
import io.grpc.ServerBuilder;
import io.grpc.opentelemetry.GrpcOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.exporter.prometheus.PrometheusHttpServer;
import io.opentelemetry.instrumentation.runtimetelemetry.RuntimeTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigProperties;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.resources.Resource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;

/**
 * Metrics under their OpenTelemetry names, served to Prometheus: gRPC, Redis, scripts, JVM. They,
 * and traces, go to a collector as well if the standard variables {@code OTEL_*} say so.
 */
final class Metrics implements AutoCloseable {
  private static final Resource VERSION =
      Resource.create(Attributes.of(AttributeKey.stringKey("service.version"), Main.version()));

  private final OpenTelemetry telemetry;
  private final boolean measures;
  private final boolean traces;
  private final Runnable shutdown;

  private Metrics(OpenTelemetry telemetry, boolean measures, boolean traces, Runnable shutdown) {
    this.telemetry = telemetry;
    this.measures = measures;
    this.traces = traces;
    this.shutdown = shutdown;
  }

  /**
   * Serves {@code http://host:port/metrics}; port 0 measures nothing. For whoever cannot ask for
   * the health over gRPC, {@code /readyz} says 200 while calls are served, and 503 while they are
   * not; {@code /ready} is its older name. {@code /healthz} says 200 as long as the process lives.
   */
  static Metrics start(Settings settings, BooleanSupplier isServing) {
    String host = settings.metricsHost();
    int port = settings.metricsPort();
    try {
      return start(host, port, isServing);
    } catch (ConfigurationException e) {
      throw new BadSettings("the variables OTEL_* cannot be used: " + e.getMessage());
    } catch (UncheckedIOException e) {
      throw new BadSettings(
          "metrics-port: cannot listen on %s:%d: %s"
              .formatted(host, port, e.getCause().getMessage()));
    }
  }

  private static Metrics start(String host, int port, BooleanSupplier isServing) {
    AtomicReference<ConfigProperties> configured = new AtomicReference<>();
    OpenTelemetrySdk sdk =
        AutoConfiguredOpenTelemetrySdk.builder()
            .addPropertiesSupplier(Metrics::defaults)
            .addResourceCustomizer((resource, properties) -> resource.merge(VERSION))
            .addMeterProviderCustomizer(
                (provider, properties) -> {
                  configured.set(properties);
                  return port == 0
                      ? provider
                      : provider.registerMetricReader(
                          PrometheusHttpServer.builder()
                              .setHost(host)
                              .setPort(port)
                              .setDefaultHandler(exchange -> answer(exchange, isServing))
                              .build());
                })
            .disableShutdownHook()
            .build()
            .getOpenTelemetrySdk();
    boolean measures = port != 0 || exports(configured.get(), "otel.metrics.exporter");
    boolean traces = exports(configured.get(), "otel.traces.exporter");
    RuntimeTelemetry jvm = measures ? RuntimeTelemetry.create(sdk) : null;
    return new Metrics(
        sdk,
        measures,
        traces,
        () -> {
          if (jvm != null) {
            jvm.close();
          }
          sdk.close();
        });
  }

  /** Nothing is exported unless somebody says where to, in the standard variables. */
  private static Map<String, String> defaults() {
    boolean isPlaceKnown = isSet("otel.exporter.otlp.endpoint");
    return Map.of(
        "otel.service.name", "quoin",
        "otel.exporter.otlp.protocol", "http/protobuf",
        "otel.traces.exporter",
            isPlaceKnown || isSet("otel.exporter.otlp.traces.endpoint") ? "otlp" : "none",
        "otel.metrics.exporter",
            isPlaceKnown || isSet("otel.exporter.otlp.metrics.endpoint") ? "otlp" : "none",
        "otel.logs.exporter", "none");
  }

  private static boolean isSet(String property) {
    String variable = property.replace('.', '_').toUpperCase(Locale.ROOT);
    return System.getProperty(property) != null || System.getenv(variable) != null;
  }

  private static boolean exports(ConfigProperties properties, String exporter) {
    return properties != null && !"none".equals(properties.getString(exporter, "none"));
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
    return new Telemetry(
        telemetry.getMeter("dev.quoin.server"),
        traces ? Traces.of(telemetry) : Traces.NONE,
        new NamespaceLabels(),
        measures);
  }

  /** Has gRPC tell its own metrics. */
  void measure(ServerBuilder<?> server) {
    if (!measures) {
      return;
    }
    GrpcOpenTelemetry.newBuilder().sdk(telemetry).build().configureServerBuilder(server);
  }

  @Override
  public void close() {
    shutdown.run();
  }
}
