// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Timestamps;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.telemetry.NamespaceLabels;
import dev.quoin.server.telemetry.Sampler;
import dev.quoin.server.telemetry.Telemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.concurrent.CompletionStage;

/** How the queues are that this server used lately, for whoever operates them. */
final class QueueGauges {
  private static final LuaScript DEPTH = LuaScript.load("queues/depth");
  private static final AttributeKey<String> QUEUE = AttributeKey.stringKey("quoin.queue");
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("quoin.state");

  private final QueueStore queues;

  private final Telemetry telemetry;
  private final Sampler<Depth> sampler;

  /**
   * How many tasks a queue has.
   *
   * @param ready those that could start, and those that the limit of their key holds back
   * @param oldestMillis how long the oldest of those has been there
   */
  record Depth(long ready, long delayed, long leased, long dead, long oldestMillis) {}

  QueueGauges(Kernel kernel, QueueStore queues) {
    this.queues = queues;
    this.telemetry = kernel.telemetry();
    this.sampler =
        new Sampler<>(
            kernel.timer(),
            telemetry.isOn(),
            (namespace, queue) -> depth(new RequestContext(namespace, null), queue));
    queues.watchUse(sampler::use);
    telemetry.gauge(
        "quoin.queue.tasks",
        "{task}",
        "Tasks of the queues that this server used lately, by state; dead letters are 'dead'.",
        this::tasks);
    telemetry.doubleGauge(
        "quoin.queue.oldest.age",
        "s",
        "How long the oldest task that could start has been in the queue.",
        gauge ->
            sampler
                .known()
                .forEach((of, depth) -> gauge.record(depth.oldestMillis() / 1e3, labels(of))));
  }

  Sampler<Depth> sampler() {
    return sampler;
  }

  CompletionStage<Depth> depth(RequestContext scope, String queue) {
    return queues
        .scripts()
        .run(DEPTH, scope, queues.keys(scope, queue).all())
        .thenApply(QueueGauges::read);
  }

  private static Depth read(Reply reply) {
    long now = reply.integer();
    long ready = reply.integer();
    long delayed = reply.integer();
    long leased = reply.integer();
    long dead = reply.integer();
    long oldest = 0;
    while (reply.hasMore()) {
      oldest = Math.max(oldest, now - Timestamps.toMillis(TaskId.time(reply.text())));
    }
    return new Depth(ready, delayed, leased, dead, oldest);
  }

  private void tasks(ObservableLongMeasurement gauge) {
    sampler
        .known()
        .forEach(
            (of, depth) -> {
              Attributes labels = labels(of);
              gauge.record(depth.ready(), state(labels, "ready"));
              gauge.record(depth.delayed(), state(labels, "delayed"));
              gauge.record(depth.leased(), state(labels, "leased"));
              gauge.record(depth.dead(), state(labels, "dead"));
            });
  }

  private Attributes labels(Sampler.Thing of) {
    return Attributes.of(
        NamespaceLabels.NAMESPACE, telemetry.labels().of(of.namespace()), QUEUE, of.name());
  }

  private static Attributes state(Attributes labels, String state) {
    return labels.toBuilder().put(STATE, state).build();
  }
}
