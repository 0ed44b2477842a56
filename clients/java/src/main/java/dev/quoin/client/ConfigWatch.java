// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.streams.v1.Heartbeat;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The components of a type, kept up to date. While Quoin cannot be reached it goes on with what it
 * knew last: {@link #isStale} says so, {@link #asOf} since when. Listeners are told every component
 * that came, changed or went ({@code deletion}). Reading never blocks.
 */
public final class ConfigWatch extends CachedWatch<WatchRequest, WatchResponse, Configuration> {
  private final String type;
  private volatile Map<String, Configuration> known = Map.of();
  private volatile long revision = -1;

  ConfigWatch(ClientCore core, String type) {
    super(core, ConfigGrpc.getWatchMethod());
    this.type = type;
  }

  /** A component as it is known; empty when there is none or nothing is known yet. */
  public Optional<Configuration> get(String component) {
    return Optional.ofNullable(known.get(component));
  }

  /** All components as they are known. Does not change any more. */
  public Map<String, Configuration> all() {
    return known;
  }

  @Override
  WatchRequest request() {
    WatchRequest.Builder request = WatchRequest.newBuilder().setType(type);
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
  void take(WatchResponse message) {
    switch (message.getEventCase()) {
      case SNAPSHOT -> replace(message.getSnapshot());
      case CHANGES -> change(message.getChanges());
      default -> {}
    }
  }

  private void replace(WatchResponse.Snapshot snapshot) {
    Map<String, Configuration> before = known;
    Map<String, Configuration> now = new TreeMap<>();
    List<Configuration> changed = new ArrayList<>();
    for (Configuration configuration : snapshot.getConfigurationsList()) {
      now.put(configuration.getComponent(), configuration);
      if (!configuration.equals(before.get(configuration.getComponent()))) {
        changed.add(configuration);
      }
    }
    before.forEach(
        (component, configuration) -> {
          if (!now.containsKey(component)) {
            changed.add(configuration.toBuilder().clearValue().setDeletion(true).build());
          }
        });
    known = Collections.unmodifiableMap(now);
    revision = snapshot.getRevision();
    known(snapshot.getAsOf(), false);
    changed.forEach(this::tell);
    complete();
  }

  private void change(WatchResponse.Changes changes) {
    Map<String, Configuration> now = new TreeMap<>(known);
    for (Configuration configuration : changes.getConfigurationsList()) {
      if (configuration.getDeletion()) {
        now.remove(configuration.getComponent());
      } else {
        now.put(configuration.getComponent(), configuration);
      }
    }
    known = Collections.unmodifiableMap(now);
    revision = changes.getRevision();
    known(changes.getAsOf(), false);
    changes.getConfigurationsList().forEach(this::tell);
  }
}
