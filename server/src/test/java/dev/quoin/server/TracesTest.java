// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.Collector;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.Scrape;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Traces and metrics over OTLP, as the standard variables say. */
@Tag("redis")
final class TracesTest {
  private static final String PARENT = "00f067aa0ba902b7";
  private static Collector collector;
  private static TestServer server;
  private static Scrape scrape;

  /** The properties are read while a server starts. */
  private static TestServer start(Map<String, String> properties, String... settings) {
    properties.forEach(System::setProperty);
    try {
      return TestServer.start(settings);
    } finally {
      properties.keySet().forEach(System::clearProperty);
    }
  }

  @BeforeAll
  static void start() throws IOException {
    collector = new Collector();
    int port = Scrape.freePort();
    scrape = new Scrape(port);
    server =
        start(
            new LinkedHashMap<>(
                Map.of(
                    "otel.exporter.otlp.endpoint",
                    collector.address(),
                    "otel.traces.sampler",
                    "parentbased_traceidratio",
                    "otel.traces.sampler.arg",
                    "0",
                    "otel.bsp.schedule.delay",
                    "100",
                    "otel.metric.export.interval",
                    "200")),
            "redis",
            TestRedis.uri(),
            "metrics-port",
            String.valueOf(port));
  }

  @AfterAll
  static void stop() {
    server.close();
    collector.close();
  }

  private static String traceId() {
    byte[] id = new byte[16];
    ThreadLocalRandom.current().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private static LocksGrpc.LocksBlockingStub locks(String traceParent) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("traceparent", Metadata.ASCII_STRING_MARSHALLER), traceParent);
    headers.put(Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER), "traced");
    headers.put(Metadata.Key.of("quoin-request-id", Metadata.ASCII_STRING_MARSHALLER), "id-9");
    return server.locks().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  private static List<Span> spans(String traceId) {
    return collector.spans(
        span -> HexFormat.of().formatHex(span.getTraceId().toByteArray()).equals(traceId));
  }

  @Test
  void aCallContinuesTheTraceOfItsCallerAndItsScriptsAreChildren() {
    String trace = traceId();
    locks("00-" + trace + '-' + PARENT + "-01")
        .acquire(AcquireRequest.newBuilder().setName(trace).build());

    Eventually.until("both spans have come", () -> spans(trace).size() >= 2);
    Span call =
        spans(trace).stream()
            .filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_SERVER)
            .findFirst()
            .orElseThrow();
    assertThat(call.getName()).isEqualTo("quoin.locks.v1.Locks/Acquire");
    assertThat(HexFormat.of().formatHex(call.getParentSpanId().toByteArray())).isEqualTo(PARENT);
    assertThat(Collector.attribute(call, "rpc.system")).isEqualTo("grpc");
    assertThat(Collector.attribute(call, "rpc.service")).isEqualTo("quoin.locks.v1.Locks");
    assertThat(Collector.attribute(call, "rpc.method")).isEqualTo("Acquire");
    assertThat(Collector.attribute(call, "rpc.grpc.status_code")).isEqualTo("0");
    assertThat(Collector.attribute(call, "quoin.namespace")).isEqualTo("traced");
    assertThat(Collector.attribute(call, "quoin.request_id")).isEqualTo("id-9");

    Span script =
        spans(trace).stream()
            .filter(span -> span.getKind() == Span.SpanKind.SPAN_KIND_CLIENT)
            .findFirst()
            .orElseThrow();
    assertThat(script.getName()).isEqualTo("locks/acquire_fast");
    assertThat(script.getParentSpanId()).isEqualTo(call.getSpanId());
    assertThat(Collector.attribute(script, "db.system.name")).isEqualTo("redis");
    assertThat(Collector.attribute(script, "db.operation.name")).isEqualTo("EVALSHA");
    assertThat(Collector.attribute(script, "db.stored_procedure.name"))
        .isEqualTo("locks/acquire_fast");
    assertThat(script.getStartTimeUnixNano()).isGreaterThanOrEqualTo(call.getStartTimeUnixNano());
    assertThat(script.getEndTimeUnixNano()).isLessThanOrEqualTo(call.getEndTimeUnixNano());
    assertThat(collector.resource())
        .anySatisfy(
            attribute -> {
              assertThat(attribute.getKey()).isEqualTo("service.name");
              assertThat(attribute.getValue().getStringValue()).isEqualTo("quoin");
            });
  }

  @Test
  void aRefusedCallSaysWhy() {
    String trace = traceId();
    Refused.by(
        () ->
            locks("00-" + trace + '-' + PARENT + "-01")
                .release(ReleaseRequest.newBuilder().setName(trace).setToken("x").build()));

    Eventually.until(
        "the span of the call has come",
        () ->
            spans(trace).stream()
                .anyMatch(
                    span ->
                        Collector.attribute(span, "quoin.reason").equals("LOCK_NOT_HELD")
                            && !Collector.attribute(span, "rpc.grpc.status_code").equals("0")));
  }

  @Test
  void whatTheCallerDoesNotTraceIsNotTracedAndAWrongHeaderDoesNoHarm() {
    String untraced = traceId();
    String traced = traceId();
    locks("00-" + untraced + '-' + PARENT + "-00")
        .acquire(AcquireRequest.newBuilder().setName(untraced).build());
    locks("00-" + untraced).acquire(AcquireRequest.newBuilder().setName(untraced).build());
    locks("x".repeat(3_000)).acquire(AcquireRequest.newBuilder().setName(untraced).build());
    locks("00-" + traced + '-' + PARENT + "-01")
        .acquire(AcquireRequest.newBuilder().setName(traced).build());

    Eventually.until("a later span has come", () -> spans(traced).size() >= 2);
    assertThat(spans(untraced)).isEmpty();
  }

  @Test
  void metricsGoTheSameWayAndReferToTracedCalls() {
    String trace = traceId();
    locks("00-" + trace + '-' + PARENT + "-01")
        .acquire(AcquireRequest.newBuilder().setName(trace).build());

    Eventually.until(
        "metrics have come",
        () -> collector.metrics().containsAll(List.of("quoin.calls", "quoin.redis.up")));
    Eventually.until(
        "a series refers to the trace",
        () ->
            scrape
                .get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0")
                .body()
                .lines()
                .anyMatch(
                    line ->
                        line.startsWith("quoin_call_work_duration_seconds_bucket")
                            && line.contains("trace_id=")));
  }

  @Test
  void variablesThatCannotBeUsedStopTheStart() {
    assertThatThrownBy(
            () -> start(Map.of("otel.traces.exporter", "pigeon"), "redis", TestRedis.uri()))
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("OTEL_")
        .hasMessageContaining("pigeon");
  }
}
