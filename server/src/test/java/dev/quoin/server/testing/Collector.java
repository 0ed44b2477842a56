// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;

/** Takes traces and metrics over OTLP, as protobuf over HTTP. */
public final class Collector implements AutoCloseable {
  private final HttpServer http;
  private final List<Span> spans = new CopyOnWriteArrayList<>();
  private final List<KeyValue> resource = new CopyOnWriteArrayList<>();
  private final Set<String> metrics = ConcurrentHashMap.newKeySet();

  public Collector() throws IOException {
    http = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    http.createContext("/v1/traces", exchange -> answer(exchange, this::traces));
    http.createContext("/v1/metrics", exchange -> answer(exchange, this::metrics));
    http.start();
  }

  private interface Taker {
    void take(InputStream body) throws IOException;
  }

  private static void answer(HttpExchange exchange, Taker taker) throws IOException {
    try (exchange) {
      InputStream body = exchange.getRequestBody();
      boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
      taker.take(zipped ? new GZIPInputStream(body) : body);
      exchange.getResponseHeaders().add("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, -1);
    }
  }

  private void traces(InputStream body) throws IOException {
    ExportTraceServiceRequest.parseFrom(body)
        .getResourceSpansList()
        .forEach(
            of -> {
              resource.addAll(of.getResource().getAttributesList());
              of.getScopeSpansList().forEach(scope -> spans.addAll(scope.getSpansList()));
            });
  }

  private void metrics(InputStream body) throws IOException {
    ExportMetricsServiceRequest.parseFrom(body)
        .getResourceMetricsList()
        .forEach(
            of ->
                of.getScopeMetricsList()
                    .forEach(
                        scope ->
                            scope.getMetricsList().forEach(one -> metrics.add(one.getName()))));
  }

  public String address() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  /** Spans that have come. */
  public List<Span> spans(Predicate<Span> wanted) {
    return spans.stream().filter(wanted).toList();
  }

  /** The names of metrics that have come. */
  public Set<String> metrics() {
    return metrics;
  }

  /** What spans say of who sent them. */
  public List<KeyValue> resource() {
    return new ArrayList<>(resource);
  }

  /** An attribute of a span as text; empty when it has none. */
  public static String attribute(Span span, String key) {
    return span.getAttributesList().stream()
        .filter(attribute -> attribute.getKey().equals(key))
        .map(
            attribute ->
                attribute.getValue().hasStringValue()
                    ? attribute.getValue().getStringValue()
                    : attribute.getValue().hasIntValue()
                        ? String.valueOf(attribute.getValue().getIntValue())
                        : String.valueOf(attribute.getValue().getDoubleValue()))
        .findFirst()
        .orElse("");
  }

  @Override
  public void close() {
    http.stop(0);
  }
}
