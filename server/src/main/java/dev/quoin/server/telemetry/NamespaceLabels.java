// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import io.opentelemetry.api.common.AttributeKey;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The namespaces that are labels of metrics: the first {@value #MOST} that this server sees. All
 * others are one, so that callers cannot make more series than whoever stores them can bear.
 */
public final class NamespaceLabels {
  /** The label of a namespace. */
  public static final AttributeKey<String> NAMESPACE = AttributeKey.stringKey("quoin.namespace");

  /** The label of a feature. */
  public static final AttributeKey<String> FEATURE = AttributeKey.stringKey("quoin.feature");

  /** What all namespaces are called that are too many. */
  public static final String OTHER = "other";

  static final int MOST = 100;

  private final Map<String, String> known = new ConcurrentHashMap<>();

  /** The label of a namespace whose callers were let in. */
  public String of(String namespace) {
    String label = known.get(namespace);
    if (label != null) {
      return label;
    }
    if (known.size() >= MOST) {
      return OTHER;
    }
    synchronized (this) {
      return known.size() < MOST ? known.computeIfAbsent(namespace, n -> n) : known(namespace);
    }
  }

  /** The label of a namespace that anybody may have made up: never a new one. */
  public String known(String namespace) {
    return known.getOrDefault(namespace, OTHER);
  }
}
