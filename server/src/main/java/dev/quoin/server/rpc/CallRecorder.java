// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Reasons;
import dev.quoin.server.redis.Trace;
import dev.quoin.server.telemetry.CallFigures;
import dev.quoin.server.telemetry.NamespaceLabels;
import dev.quoin.server.telemetry.Telemetry;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Measures calls, without the waits that their callers asked for, and has them logged. What is
 * counted by namespace is not told apart by RPC where that would be too many series.
 */
public final class CallRecorder {
  private static final AttributeKey<String> METHOD = AttributeKey.stringKey("grpc.method");
  private static final AttributeKey<String> SERVICE = AttributeKey.stringKey("quoin.service");
  private static final AttributeKey<String> REASON = AttributeKey.stringKey("quoin.reason");

  /** Statuses that are not the caller's fault. */
  private static final Set<Status.Code> FAULTS =
      EnumSet.of(
          Status.Code.UNKNOWN,
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.UNIMPLEMENTED,
          Status.Code.INTERNAL,
          Status.Code.UNAVAILABLE,
          Status.Code.DATA_LOSS);

  /** Statuses with which calls end that were served, or that their callers ended. */
  private static final Set<Status.Code> ENDS = EnumSet.of(Status.Code.OK, Status.Code.CANCELLED);

  private static final double SECOND_NANOS = 1e9;

  private final Telemetry telemetry;
  private final CallLog log;
  private final DoubleHistogram work;
  private final DoubleHistogram wait;
  private final LongCounter calls;
  private final LongCounter refusals;
  private final ConcurrentLinkedQueue<OfMethod> streams = new ConcurrentLinkedQueue<>();
  private final Map<String, CallFigures> figures = new ConcurrentSkipListMap<>();

  public CallRecorder(Telemetry telemetry, CallLog log) {
    this.telemetry = telemetry;
    this.log = log;
    this.work =
        telemetry
            .meter()
            .histogramBuilder("quoin.call.work.duration")
            .setUnit("s")
            .setDescription(
                "Time to serve a call with one response, without the wait that its caller asked for.")
            .setExplicitBucketBoundariesAdvice(
                List.of(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0))
            .build();
    this.wait =
        telemetry
            .meter()
            .histogramBuilder("quoin.wait.duration")
            .setUnit("s")
            .setDescription("Time that calls waited because their callers asked for it.")
            .setExplicitBucketBoundariesAdvice(
                List.of(0.005, 0.025, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 3600.0))
            .build();
    this.calls =
        telemetry
            .meter()
            .counterBuilder("quoin.calls")
            .setDescription("Calls that were let in, by service and namespace.")
            .build();
    this.refusals =
        telemetry
            .meter()
            .counterBuilder("quoin.refusals")
            .setDescription("Calls that were answered with a reason, by reason and namespace.")
            .build();
    telemetry.gauge(
        "quoin.streams.open",
        "{stream}",
        "Streams that are open, by RPC and namespace.",
        gauge -> streams.forEach(method -> method.read(gauge::record)));
  }

  /** Records nothing. */
  public static CallRecorder none() {
    return new CallRecorder(Telemetry.none(), CallLog.NONE);
  }

  /** What the services have done since the start, by their full names. */
  public Map<String, CallFigures> figures() {
    return Collections.unmodifiableMap(figures);
  }

  OfMethod of(MethodDescriptor<?, ?> method) {
    OfMethod recorded = new OfMethod(method);
    if (!recorded.isUnary) {
      streams.add(recorded);
    }
    return recorded;
  }

  /** What is counted for an RPC and a namespace. */
  private static final class OfNamespace {
    final Attributes ofService;
    final Attributes ofMethod;
    final LongAdder open = new LongAdder();

    OfNamespace(MethodDescriptor<?, ?> method, String label) {
      ofService = Attributes.of(SERVICE, method.getServiceName(), NamespaceLabels.NAMESPACE, label);
      ofMethod =
          Attributes.of(METHOD, method.getFullMethodName(), NamespaceLabels.NAMESPACE, label);
    }
  }

  /** The calls of one RPC. */
  final class OfMethod {
    private final MethodDescriptor<?, ?> method;
    private final boolean isUnary;
    private final Attributes attributes;
    private final CallFigures ofService;
    private final Map<String, OfNamespace> byLabel = new ConcurrentHashMap<>();

    private OfMethod(MethodDescriptor<?, ?> method) {
      this.method = method;
      this.isUnary = method.getType() == MethodDescriptor.MethodType.UNARY;
      this.attributes = Attributes.of(METHOD, method.getFullMethodName());
      this.ofService =
          figures.computeIfAbsent(method.getServiceName(), absent -> new CallFigures());
    }

    Begun begin(Call call, Metadata headers) {
      Trace trace =
          telemetry.traces().begin(headers, method.getServiceName(), method.getBareMethodName());
      return new Begun(this, call, trace);
    }

    private OfNamespace in(String label) {
      OfNamespace known = byLabel.get(label);
      return known != null
          ? known
          : byLabel.computeIfAbsent(label, name -> new OfNamespace(method, name));
    }

    private void read(Gauge gauge) {
      byLabel.values().forEach(counted -> gauge.record(counted.open.sum(), counted.ofMethod));
    }
  }

  private interface Gauge {
    void record(long value, Attributes attributes);
  }

  /** A call that has begun. */
  final class Begun {
    private final OfMethod method;
    private final Call call;
    private final Trace trace;
    private final long begin = System.nanoTime();
    private OfNamespace counted;
    private boolean isWaiting;
    private long waitBegin;
    private long waited;
    private boolean ended;

    private Begun(OfMethod method, Call call, Trace trace) {
      this.method = method;
      this.call = call;
      this.trace = trace;
      method.ofService.begin(method.isUnary);
    }

    Trace trace() {
      return trace;
    }

    /** Its caller may call, and its namespace is one. */
    synchronized void accepted() {
      if (counted != null || ended) {
        return;
      }
      counted = method.in(telemetry.labels().of(call.scope().namespace()));
      calls.add(1, counted.ofService);
      if (!method.isUnary) {
        counted.open.increment();
      }
    }

    synchronized void waits(boolean begins) {
      if (begins && !ended) {
        isWaiting = true;
        waitBegin = System.nanoTime();
      } else if (isWaiting) {
        isWaiting = false;
        long nanos = System.nanoTime() - waitBegin;
        waited += nanos;
        if (counted != null) {
          wait.record(nanos / SECOND_NANOS, counted.ofMethod, trace.context());
        }
      }
    }

    void refused(Status.Code code, ErrorReason reason) {
      refusals.add(
          1,
          Attributes.of(
              REASON,
              Reasons.name(reason),
              NamespaceLabels.NAMESPACE,
              telemetry.labels().known(call.scope().namespace())));
      if (trace != Trace.NONE) {
        trace.span().setAttribute(REASON, Reasons.name(reason));
      }
      end(code);
    }

    /** The first end counts. */
    void end(Status.Code code) {
      long took;
      long pause;
      synchronized (this) {
        if (ended) {
          return;
        }
        // Who goes away while it waits has waited until now.
        waits(false);
        ended = true;
        took = System.nanoTime() - begin;
        pause = Math.min(took, waited);
        if (method.isUnary) {
          work.record((took - pause) / SECOND_NANOS, method.attributes, trace.context());
        } else if (counted != null) {
          counted.open.decrement();
        }
      }
      method.ofService.end(
          ENDS.contains(code), FAULTS.contains(code), method.isUnary, took - pause);
      if (trace != Trace.NONE) {
        end(trace.span(), code, pause);
      }
      log.ended(method.method.getFullMethodName(), method.isUnary, call, code, took, pause);
    }

    private void end(Span span, Status.Code code, long pauseNanos) {
      span.setAttribute(NamespaceLabels.NAMESPACE, call.scope().namespace());
      span.setAttribute("quoin.request_id", call.requestId());
      span.setAttribute("rpc.grpc.status_code", code.value());
      if (pauseNanos > 0) {
        span.setAttribute("quoin.waited", pauseNanos / SECOND_NANOS);
      }
      if (FAULTS.contains(code)) {
        span.setStatus(StatusCode.ERROR, code.name());
      }
      span.end();
    }
  }
}
