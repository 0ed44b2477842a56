// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.metrics.ObservableDoubleMeasurement;
import io.opentelemetry.api.metrics.ObservableLongMeasurement;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Takes what operators want to graph.
 *
 * @param meter makes instruments
 * @param traces begins the traces of calls
 * @param labels bounds how many namespaces become labels
 * @param isOn whether anybody is told: otherwise nothing has to be measured
 */
public record Telemetry(Meter meter, Traces traces, NamespaceLabels labels, boolean isOn) {

  /** Takes nothing. */
  public static Telemetry none() {
    return new Telemetry(
        OpenTelemetry.noop().getMeter("none"), Traces.NONE, new NamespaceLabels(), false);
  }

  /** A gauge whose values are asked for whenever it is read: bounded work, and no waiting. */
  public void gauge(
      String name, String unit, String text, Consumer<ObservableLongMeasurement> measure) {
    meter
        .gaugeBuilder(name)
        .ofLongs()
        .setUnit(unit)
        .setDescription(text)
        .buildWithCallback(measure);
  }

  /** As {@link #gauge}, for values that are no whole numbers. */
  public void doubleGauge(
      String name, String unit, String text, Consumer<ObservableDoubleMeasurement> measure) {
    meter.gaugeBuilder(name).setUnit(unit).setDescription(text).buildWithCallback(measure);
  }

  /** A gauge of something that features have in namespaces. */
  public void sums(String name, String unit, String text, PerNamespace values) {
    gauge(
        name,
        unit,
        text,
        gauge -> {
          Map<Attributes, Long> sums = new HashMap<>();
          values.read(
              (feature, namespace, value) -> sums.merge(of(feature, namespace), value, Long::sum));
          sums.forEach((attributes, value) -> gauge.record(value, attributes));
        });
  }

  /** The labels of a feature and a namespace. */
  public Attributes of(String feature, String namespace) {
    return Attributes.of(
        NamespaceLabels.FEATURE, feature, NamespaceLabels.NAMESPACE, labels.of(namespace));
  }

  /** Tells values of features in namespaces, in any order. */
  public interface PerNamespace {
    void read(Values values);
  }

  /** Takes one of them; those with the same labels are added. */
  public interface Values {
    void add(String feature, String namespace, long value);
  }
}
