// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

import dev.quoin.server.redis.RedisAddress;
import dev.quoin.server.redis.RedisNodes;
import dev.quoin.server.settings.Settings;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Looks at a deployment, and says in words what is wrong with it and what to do. */
public final class Doctor {
  private static final long CLOCKS_APART_MILLIS = 500;

  private final Settings settings;
  private final Map<String, List<Finding>> findings = new LinkedHashMap<>();
  private final Map<String, Long> clocks = new LinkedHashMap<>();

  private Doctor(Settings settings) {
    this.settings = settings;
  }

  /** Prints what it finds; returns whether nothing is wrong. */
  public static boolean look(Settings settings, PrintStream out) {
    Doctor doctor = new Doctor(settings);
    doctor.findings.put("settings of this server", SettingsChecks.of(settings));
    if (!settings.redis().isEmpty()) {
      doctor.redis();
    }
    return doctor.print(out);
  }

  private void redis() {
    RedisAddress address =
        RedisAddress.parse(settings.redis()).trusting(settings.redisAuthorities());
    RedisNodes.visit(
        address,
        settings.redisTimeout(),
        this::node,
        (node, reason) ->
            findings.put(
                "Redis " + node,
                List.of(
                    Finding.wrong(
                        "reach",
                        "it cannot be asked: " + reason,
                        "see whether it runs, and whether address, password and TLS are right"))));
    clocks(clocks).ifPresent(finding -> findings.put("clocks of all nodes", List.of(finding)));
  }

  private void node(RedisNodes.Node node) {
    NodeFacts facts = NodeFacts.of(node, settings.keyPrefix(), NodeChecks.BIG_KEY);
    List<Finding> found =
        new ArrayList<>(NodeChecks.of(facts, node.isUpstream(), settings.allowVolatileRedis()));
    boolean isCluster = facts.text("cluster_enabled").equals("1");
    boolean isNamedSo = settings.redis().contains("-cluster://");
    if (isCluster != isNamedSo) {
      found.add(
          Finding.wrong(
              "settings",
              isCluster ? "this is a node of a Cluster" : "this is no node of a Cluster",
              "write redis%s:// in the setting redis".formatted(isCluster ? "-cluster" : "")));
    }
    // A replica, and a node that serves no slots, has nowhere to try.
    boolean isTried = node.isThere() != null && facts.text("role").equals("master");
    if (isTried && (!isCluster || "ok".equals(facts.cluster().get("cluster_state")))) {
      node.rightsProblem(settings.keyPrefix())
          .ifPresent(
              problem -> found.add(Finding.wrong("rights", problem, "see docs/operating.md")));
    }
    clocks.put(node.name(), facts.clockAheadMillis());
    findings.put(
        "Redis %s (%s, %s, %d keys looked at)"
            .formatted(node.name(), version(facts), facts.text("role"), facts.sampled()),
        found);
  }

  private static String version(NodeFacts facts) {
    String valkey = facts.text("valkey_version");
    return valkey.isEmpty() ? facts.text("redis_version") : "Valkey " + valkey;
  }

  /** Whether clocks of nodes differ: after a fail-over leases would be too short or too long. */
  static Optional<Finding> clocks(Map<String, Long> aheadMillis) {
    if (aheadMillis.isEmpty()) {
      return Optional.empty();
    }
    var first = Collections.min(aheadMillis.entrySet(), Map.Entry.comparingByValue());
    var last = Collections.max(aheadMillis.entrySet(), Map.Entry.comparingByValue());
    long apart = last.getValue() - first.getValue();
    return apart <= CLOCKS_APART_MILLIS
        ? Optional.empty()
        : Optional.of(
            Finding.wrong(
                "clock",
                "the clock of %s is %d ms ahead of that of %s"
                    .formatted(last.getKey(), apart, first.getKey()),
                "let NTP keep the clocks of all nodes"));
  }

  private boolean print(PrintStream out) {
    int wrong = 0;
    int notes = 0;
    for (Map.Entry<String, List<Finding>> place : findings.entrySet()) {
      out.println(place.getKey());
      if (place.getValue().isEmpty()) {
        out.println("  ok");
      }
      for (Finding finding : place.getValue()) {
        wrong += finding.isWrong() ? 1 : 0;
        notes += finding.isWrong() ? 0 : 1;
        out.printf(
            "  %-5s  %s: %s%n         do: %s%n",
            finding.isWrong() ? "WRONG" : "note",
            finding.about(),
            finding.text(),
            finding.advice());
      }
    }
    out.printf("wrong: %d, to think about: %d%n", wrong, notes);
    return wrong == 0;
  }
}
