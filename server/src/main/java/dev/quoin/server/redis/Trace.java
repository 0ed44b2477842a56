// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;

/** The span of a call that is traced, to which those of its scripts and commands belong. */
public final class Trace {
  /** Of a call that is not traced, as nearly all. */
  public static final Trace NONE = new Trace(null, Context.root());

  private final Tracer tracer;
  private final Context context;

  private Trace(Tracer tracer, Context context) {
    this.tracer = tracer;
    this.context = context;
  }

  /** The trace of a call whose span is in a context. */
  public static Trace of(Tracer tracer, Context context) {
    return Span.fromContext(context).isRecording() ? new Trace(tracer, context) : NONE;
  }

  /** Metrics recorded with it refer to the call. */
  public Context context() {
    return context;
  }

  /** The span of the call. */
  public Span span() {
    return Span.fromContext(context);
  }

  /** Begins the span of something that Redis is asked for. */
  Span begin(String name, Attributes attributes) {
    return tracer == null
        ? Span.getInvalid()
        : tracer
            .spanBuilder(name)
            .setParent(context)
            .setSpanKind(SpanKind.CLIENT)
            .setAllAttributes(attributes)
            .startSpan();
  }

  static void end(Span span, Throwable failure) {
    if (failure != null && span.isRecording()) {
      span.setStatus(StatusCode.ERROR, failure.getClass().getSimpleName());
    }
    span.end();
  }
}
