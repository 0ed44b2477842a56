// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What holders may rely on: each from the answer to its call until it gives back, or until the
 * lease ends counted from when it asked, which is earlier than the server counts.
 */
final class Holds {
  private final Findings findings;
  private final String what;
  private final int limit;
  private final Map<String, Resource> resources = new HashMap<>();

  /**
   * @param limit how many may hold the same at a time
   */
  Holds(Findings findings, String what, int limit) {
    this.findings = findings;
    this.what = what;
    this.limit = limit;
  }

  /** Somebody was told to hold something; until by System.nanoTime. */
  synchronized void granted(String key, long fence, long until) {
    long now = System.nanoTime();
    if (until - now <= 0) {
      findings.count(what + " granted too late");
      return;
    }
    findings.count(what + " granted");
    Resource resource = resources.computeIfAbsent(key, absent -> new Resource());
    resource.held.removeIf(hold -> hold.until - now <= 0);
    resource.held.add(new Hold(fence, until));
    if (resource.held.size() > limit) {
      findings.broken("%s %s has holders with the fences %s", what, key, resource.held);
    }
    if (!resource.fences.add(fence)) {
      findings.broken("%s %s was granted twice with the fence %d", what, key, fence);
    }
    if (limit == 1 && fence < resource.lastFence) {
      findings.broken("%s %s: fence %d after %d", what, key, fence, resource.lastFence);
    }
    resource.lastFence = Math.max(resource.lastFence, fence);
  }

  /** A holder is about to give back. */
  synchronized void released(String key, long fence) {
    Resource resource = resources.get(key);
    if (resource != null) {
      resource.held.removeIf(hold -> hold.fence == fence);
    }
  }

  private record Hold(long fence, long until) {
    @Override
    public String toString() {
      return String.valueOf(fence);
    }
  }

  private static final class Resource {
    final List<Hold> held = new ArrayList<>();
    final Set<Long> fences = new HashSet<>();
    long lastFence;
  }
}
