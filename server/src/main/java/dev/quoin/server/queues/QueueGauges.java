// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.telemetry.NamespaceLabels;
import dev.quoin.server.telemetry.Sampler;
import dev.quoin.server.telemetry.Telemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;

/** How the queues are that this server used lately, for whoever operates them. */
final class QueueGauges {
  private static final AttributeKey<String> QUEUE = AttributeKey.stringKey("quoin.queue");
  private static final AttributeKey<String> STATE = AttributeKey.stringKey("quoin.state");

  private final Telemetry telemetry;
  private final Sampler<QueueDepth> sampler;

  QueueGauges(Kernel kernel, QueueStore queues) {
    this.telemetry = kernel.telemetry();
    this.sampler =
        new Sampler<>(
            kernel.timer(),
            telemetry.isOn(),
            (namespace, queue) ->
                QueueDepth.of(queues, new RequestContext(namespace, null), queue));
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
