// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import dev.quoin.server.redis.Trace;
import io.grpc.Metadata;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Begins the traces of calls, or goes on with those that their callers have begun. */
public final class Traces {
  /** Where nothing is traced. */
  public static final Traces NONE = new Traces(null, null);

  private static final int LONGEST_HEADER = 8192;
  private final Tracer tracer;
  private final TextMapPropagator propagator;

  private Traces(Tracer tracer, TextMapPropagator propagator) {
    this.tracer = tracer;
    this.propagator = propagator;
  }

  public static Traces of(OpenTelemetry telemetry) {
    return new Traces(
        telemetry.getTracer("dev.quoin.server"), telemetry.getPropagators().getTextMapPropagator());
  }

  /**
   * Begins the span of a call, as child of the one its headers name.
   *
   * @param service full name of the service
   * @param method short name of the RPC
   */
  public Trace begin(Metadata headers, String service, String method) {
    if (tracer == null) {
      return Trace.NONE;
    }
    Context parent = propagator.extract(Context.root(), headers, Headers.INSTANCE);
    Span span =
        tracer
            .spanBuilder(service + '/' + method)
            .setParent(parent)
            .setSpanKind(SpanKind.SERVER)
            .setAttribute("rpc.system", "grpc")
            .setAttribute("rpc.service", service)
            .setAttribute("rpc.method", method)
            .startSpan();
    return Trace.of(tracer, parent.with(span));
  }

  /** Reads headers of gRPC. */
  private enum Headers implements TextMapGetter<Metadata> {
    INSTANCE;

    private static final Map<String, Metadata.Key<String>> KEYS = new ConcurrentHashMap<>();

    @Override
    public Iterable<String> keys(Metadata headers) {
      return headers.keys();
    }

    @Override
    public String get(Metadata headers, String key) {
      // Only propagators ask, and for the few names they know.
      String value =
          headers.get(
              KEYS.computeIfAbsent(
                  key, name -> Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER)));
      return value == null || value.length() <= LONGEST_HEADER ? value : null;
    }
  }
}
