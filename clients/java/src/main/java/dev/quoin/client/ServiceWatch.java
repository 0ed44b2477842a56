// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.WatchServiceRequest;
import dev.quoin.config.v1.WatchServiceResponse;
import dev.quoin.streams.v1.Heartbeat;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The instances of a service, kept up to date. While Quoin cannot be reached it goes on with what
 * it knew last: {@link #isStale} says so, {@link #asOf} since when. Listeners are told all
 * instances after every change. Reading never blocks.
 */
public final class ServiceWatch
    extends CachedWatch<WatchServiceRequest, WatchServiceResponse, List<Instance>> {
  private final String service;
  private volatile Map<String, Instance> known = Map.of();
  private volatile long revision = -1;

  ServiceWatch(ClientCore core, String service) {
    super(core, ConfigGrpc.getWatchServiceMethod());
    this.service = service;
  }

  /** All instances as they are known, in order of their names. Does not change any more. */
  public List<Instance> instances() {
    return List.copyOf(known.values());
  }

  /** The instances that take new work: those that do not drain. */
  public List<Instance> serving() {
    return known.values().stream().filter(instance -> !instance.getDraining()).toList();
  }

  @Override
  WatchServiceRequest request() {
    WatchServiceRequest.Builder request = WatchServiceRequest.newBuilder().setService(service);
    if (revision >= 0) {
      request.setRevision(revision);
    }
    return request.build();
  }

  @Override
  void confirmed(Heartbeat heartbeat) {
    revision = heartbeat.getRevision();
  }

  @Override
  void take(WatchServiceResponse message) {
    switch (message.getEventCase()) {
      case SNAPSHOT -> {
        Map<String, Instance> now = new TreeMap<>();
        add(now, message.getSnapshot().getInstancesList());
        revision = message.getSnapshot().getRevision();
        known(message.getSnapshot().getAsOf(), false);
        know(now);
        complete();
      }
      case CHANGES -> {
        Map<String, Instance> now = new TreeMap<>(known);
        message.getChanges().getGoneList().forEach(now::remove);
        add(now, message.getChanges().getInstancesList());
        revision = message.getChanges().getRevision();
        known(message.getChanges().getAsOf(), false);
        know(now);
      }
      default -> {}
    }
  }

  private static void add(Map<String, Instance> instances, List<Instance> more) {
    more.forEach(instance -> instances.put(instance.getInstance(), instance));
  }

  private void know(Map<String, Instance> now) {
    known = Collections.unmodifiableMap(now);
    tell(instances());
  }
}
