// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import com.fasterxml.jackson.databind.JsonNode;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Yaml;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * How much each of some namespaces, or each of some principals, may use. {@link #UNLIMITED} where
 * it says nothing.
 *
 * @param subject "namespace" or "principal"
 * @param texts whom it is about, with "*" for any characters
 * @param names the same as patterns
 * @param callsPerSecond at each server
 * @param burst how many calls may come at once after a pause
 * @param openCalls streams, callers that wait, and all other calls that are open at once, at each
 *     server
 * @param requestBytes the largest request
 * @param storedBytes what may be stored, of a namespace
 * @param storedKeys how many keys may be stored, of a namespace
 */
record Quota(
    String subject,
    List<String> texts,
    List<Pattern> names,
    long callsPerSecond,
    long burst,
    long openCalls,
    long requestBytes,
    long storedBytes,
    long storedKeys) {
  static final long UNLIMITED = Long.MAX_VALUE;
  static final String NAMESPACE = "namespace";
  static final String PRINCIPAL = "principal";

  boolean isOf(String kind, String name) {
    return subject.equals(kind) && Yaml.matches(names, name);
  }

  boolean isStored() {
    return storedBytes != UNLIMITED || storedKeys != UNLIMITED;
  }

  /** Reads {@code quotas: [{namespaces, principals, calls_per_second, …}]}. */
  static List<Quota> parse(String text) {
    List<Quota> quotas = new ArrayList<>();
    int number = 0;
    for (JsonNode quota : Yaml.list(Yaml.root(text, "quotas"), "quotas")) {
      Quota read = parse(quota, "quotas[" + number + "]");
      checkReached(quotas, read, number++);
      quotas.add(read);
    }
    return List.copyOf(quotas);
  }

  /** The first entry counts: what an earlier one matches whole is a mistake. */
  private static void checkReached(List<Quota> before, Quota quota, int number) {
    for (String name : quota.texts) {
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i).isOf(quota.subject, name)) {
          throw new BadSettings(
              ("quotas[%d].%ss: %s can never be reached, since quotas[%d] matches it first;"
                      + " put the narrower entry before the wider one")
                  .formatted(number, quota.subject, name, i));
        }
      }
    }
  }

  private static Quota parse(JsonNode node, String path) {
    Yaml.allowOnly(
        node,
        path,
        "namespaces",
        "principals",
        "calls_per_second",
        "burst",
        "open_calls",
        "request_bytes",
        "stored_bytes",
        "stored_keys");
    boolean ofNamespaces = node.has("namespaces");
    if (ofNamespaces == node.has("principals")) {
      throw new BadSettings(path + ": must name either namespaces or principals");
    }
    if (node.has("burst") && !node.has("calls_per_second")) {
      throw new BadSettings(path + ".burst: needs calls_per_second");
    }
    List<String> texts = Yaml.texts(node, ofNamespaces ? "namespaces" : "principals", path);
    long calls = Yaml.number(node, "calls_per_second", path, UNLIMITED);
    Quota quota =
        new Quota(
            ofNamespaces ? NAMESPACE : PRINCIPAL,
            texts,
            ofNamespaces ? Yaml.namespaces(node, path) : Yaml.patterns(texts),
            calls,
            Yaml.number(node, "burst", path, calls),
            Yaml.number(node, "open_calls", path, UNLIMITED),
            Yaml.number(node, "request_bytes", path, UNLIMITED),
            Yaml.number(node, "stored_bytes", path, UNLIMITED),
            Yaml.number(node, "stored_keys", path, UNLIMITED));
    if (quota.isStored() && !ofNamespaces) {
      throw new BadSettings(path + ": what is stored is counted for namespaces only");
    }
    return quota;
  }
}
