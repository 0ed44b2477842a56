// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.external.keda.ExternalScalerGrpc;
import dev.quoin.external.keda.GetMetricSpecResponse;
import dev.quoin.external.keda.GetMetricsRequest;
import dev.quoin.external.keda.GetMetricsResponse;
import dev.quoin.external.keda.IsActiveResponse;
import dev.quoin.external.keda.MetricSpec;
import dev.quoin.external.keda.MetricValue;
import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Serves {@code externalscaler.ExternalScaler}, by which KEDA starts workers. A trigger names its
 * namespace in its metadata, since KEDA sends no headers; its caller needs the right to read how a
 * queue is, or to follow a log, there.
 */
public final class ScalerService implements BindableService {
  private static final String QUEUE_RIGHT = "quoin.queues.v1.Queues/GetStats";
  private static final String LOG_RIGHT = "quoin.logs.v1.Logs/Tail";
  private static final long LOOK_MILLIS = 1_000;

  private final Kernel kernel;
  private final QueueStore queues;

  public ScalerService(Kernel kernel) {
    this.kernel = kernel;
    this.queues =
        new QueueStore(kernel.scripts(), kernel.keyspace("queues"), kernel.queues().server());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(ExternalScalerGrpc.getServiceDescriptor())
        .unary(ExternalScalerGrpc.getIsActiveMethod(), this::isActive)
        .streaming(ExternalScalerGrpc.getStreamIsActiveMethod(), this::streamIsActive)
        .unary(ExternalScalerGrpc.getGetMetricSpecMethod(), this::metricSpec)
        .unary(ExternalScalerGrpc.getGetMetricsMethod(), this::metrics)
        .build();
  }

  private CompletionStage<IsActiveResponse> isActive(ScaledObjectRef object, Call call) {
    ScalerTrigger trigger = ScalerTrigger.of(object);
    return scope(trigger, call)
        .thenCompose(scope -> value(trigger, scope))
        .thenApply(value -> active(value > trigger.activation()));
  }

  private static IsActiveResponse active(boolean is) {
    return IsActiveResponse.newBuilder().setResult(is).build();
  }

  private CompletionStage<GetMetricSpecResponse> metricSpec(ScaledObjectRef object, Call call) {
    ScalerTrigger trigger = ScalerTrigger.of(object);
    MetricSpec spec =
        MetricSpec.newBuilder()
            .setMetricName(trigger.metricName())
            .setTargetSize((long) Math.ceil(trigger.target()))
            .setTargetSizeFloat(trigger.target())
            .build();
    return scope(trigger, call)
        .thenApply(scope -> GetMetricSpecResponse.newBuilder().addMetricSpecs(spec).build());
  }

  private CompletionStage<GetMetricsResponse> metrics(GetMetricsRequest request, Call call) {
    ScalerTrigger trigger = ScalerTrigger.of(request.getScaledObjectRef());
    return scope(trigger, call)
        .thenCompose(scope -> value(trigger, scope))
        .thenApply(
            value ->
                GetMetricsResponse.newBuilder()
                    .addMetricValues(
                        MetricValue.newBuilder()
                            .setMetricName(trigger.metricName())
                            .setMetricValue((long) Math.ceil(value))
                            .setMetricValueFloat(value))
                    .build());
  }

  private static CompletionStage<RequestContext> scope(ScalerTrigger trigger, Call call) {
    boolean isLog = trigger.metric() == ScalerTrigger.Metric.STREAM_LAG;
    return call.in(trigger.namespace(), isLog ? LOG_RIGHT : QUEUE_RIGHT);
  }

  private CompletionStage<Double> value(ScalerTrigger trigger, RequestContext scope) {
    return switch (trigger.metric()) {
      // What workers have counts, too: otherwise they would be stopped for having taken it.
      case QUEUE_DEPTH ->
          QueueDepth.of(queues, scope, trigger.name())
              .thenApply(depth -> (double) depth.ready() + depth.leased());
      case QUEUE_OLDEST_AGE ->
          QueueDepth.of(queues, scope, trigger.name())
              .thenApply(depth -> depth.oldestMillis() / 1e3);
      case STREAM_LAG -> CompletableFuture.completedFuture((double) lag(trigger));
    };
  }

  /** Of the streams of this server, which are those it knows. */
  private long lag(ScalerTrigger trigger) {
    String begin = kernel.keyspace(trigger.feature()).entity(trigger.namespace(), trigger.name());
    AtomicLong most = new AtomicLong();
    kernel
        .tails()
        .lags(
            (channel, lag) -> {
              if (channel.startsWith(begin)) {
                most.accumulateAndGet(lag, Math::max);
              }
            });
    return most.get();
  }

  private void streamIsActive(
      ScaledObjectRef object, Call call, ResponseStream<IsActiveResponse> responses) {
    ScalerTrigger trigger = ScalerTrigger.of(object);
    scope(trigger, call)
        .whenComplete(
            (scope, refusal) -> {
              if (refusal != null) {
                responses.fail(refusal);
                return;
              }
              Look look = new Look(trigger, scope.detached(), responses);
              call.onCancel(look::end);
              call.onDrain(
                  () -> {
                    look.end();
                    responses.complete();
                  });
              look.now();
            });
  }

  /** Looks every second whether there is something to do: soon enough to start a container. */
  private final class Look {
    private final ScalerTrigger trigger;
    private final RequestContext scope;
    private final ResponseStream<IsActiveResponse> responses;
    private Boolean told;
    private volatile boolean ended;

    Look(ScalerTrigger trigger, RequestContext scope, ResponseStream<IsActiveResponse> responses) {
      this.trigger = trigger;
      this.scope = scope;
      this.responses = responses;
    }

    void end() {
      ended = true;
    }

    void now() {
      if (ended) {
        return;
      }
      value(trigger, scope)
          .whenComplete(
              (value, failure) -> {
                // While Redis is away nothing is known: nothing changes until it is back.
                if (failure == null) {
                  tell(value > trigger.activation());
                }
                kernel.timer().newTimeout(t -> now(), LOOK_MILLIS, TimeUnit.MILLISECONDS);
              });
    }

    private void tell(boolean is) {
      if (told == null || told != is) {
        told = is;
        responses.conflate(active(is));
      }
    }
  }
}
