// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.external.keda.ScaledObjectRef;
import dev.quoin.server.errors.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * What a trigger of KEDA asks for in its metadata.
 *
 * @param name of the queue or of the log
 * @param feature whose log it is
 * @param target how much is for one replica
 * @param activation more than this wakes the first replica
 */
record ScalerTrigger(
    Metric metric,
    String namespace,
    String name,
    String feature,
    double target,
    double activation) {
  private static final int LONGEST_NAME = 512;
  private static final String FEATURES = "logs|chat|feeds|search";

  /** What can be measured. */
  enum Metric {
    QUEUE_DEPTH("queueDepth", 10),
    QUEUE_OLDEST_AGE("queueOldestAge", 60),
    STREAM_LAG("streamLag", 100);

    final String word;
    final double usualTarget;

    Metric(String word, double usualTarget) {
      this.word = word;
      this.usualTarget = usualTarget;
    }

    static Metric of(String word) {
      for (Metric metric : values()) {
        if (metric.word.equals(word)) {
          return metric;
        }
      }
      throw invalid("metric", "must be queueDepth, queueOldestAge or streamLag");
    }
  }

  static ScalerTrigger of(ScaledObjectRef object) {
    Map<String, String> metadata = object.getScalerMetadataMap();
    Metric metric = Metric.of(metadata.getOrDefault("metric", Metric.QUEUE_DEPTH.word));
    boolean isQueue = metric != Metric.STREAM_LAG;
    String field = isQueue ? "queue" : "log";
    String name = metadata.getOrDefault(field, "");
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes == 0 || bytes > LONGEST_NAME) {
      throw invalid(field, "must be 1 to " + LONGEST_NAME + " bytes");
    }
    String feature = metadata.getOrDefault("feature", "logs");
    if (!isQueue && !feature.matches(FEATURES)) {
      throw invalid("feature", "must be " + FEATURES.replace("|", ", "));
    }
    double target = number(metadata, "target", metric.usualTarget);
    if (target <= 0) {
      throw invalid("target", "must be a number greater than 0");
    }
    double activation = number(metadata, "activation", 0);
    String namespace = metadata.getOrDefault("namespace", "default");
    return new ScalerTrigger(metric, namespace, name, feature, target, activation);
  }

  private static double number(Map<String, String> metadata, String field, double missing) {
    String text = metadata.get(field);
    if (text == null) {
      return missing;
    }
    if (!text.matches("\\d{1,12}(\\.\\d{1,6})?")) {
      throw invalid(field, "must be a number such as 20 or 0.5");
    }
    return Double.parseDouble(text);
  }

  private static InvalidRequest invalid(String field, String text) {
    return InvalidRequest.of("scalerMetadata." + field, text);
  }

  /** The name of the metric for KEDA, which takes lower-case letters, digits and hyphens. */
  String metricName() {
    return "quoin-" + metric.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
