// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The components of a type, kept up to date. While Quoin cannot be reached it goes on with what it
 * knew last: {@link #isStale} says so, {@link #asOf} since when. Reading never blocks.
 */
public final class ConfigWatch implements AutoCloseable {
  private final String type;
  private final OpenStream<WatchRequest, WatchResponse> stream;
  private final Freshness freshness = new Freshness();
  private final List<Consumer<Configuration>> listeners = new CopyOnWriteArrayList<>();
  private volatile Map<String, Configuration> known = Map.of();
  private volatile long revision = -1;

  ConfigWatch(Link link, String type) {
    this.type = type;
    this.stream =
        new OpenStream<>(
            link, ConfigGrpc.getWatchMethod(), this::request, this::take, freshness::broken);
    stream.open();
  }

  /**
   * Done as soon as the components are known. Fails with {@link InvalidRequestException} when the
   * type cannot be one.
   */
  public CompletableFuture<Void> ready() {
    return freshness.ready();
  }

  /** A component as it is known; empty when there is none or nothing is known yet. */
  public Optional<Configuration> get(String component) {
    return Optional.ofNullable(known.get(component));
  }

  /** All components as they are known. Does not change any more. */
  public Map<String, Configuration> all() {
    return known;
  }

  /** When what is known was last seen to be so, by the clock of Redis; empty before it is ready. */
  public Optional<Instant> asOf() {
    return freshness.asOf();
  }

  /** Whether there may be changes that cannot be seen now. */
  public boolean isStale() {
    return freshness.isStale();
  }

  /**
   * Told every component that came, changed or went ({@code deleted}), one at a time, from now on;
   * not those that are known already. It must not block.
   */
  public void onChange(Consumer<Configuration> listener) {
    listeners.add(listener);
  }

  /** Ends the watch; what is known stays. */
  @Override
  public void close() {
    stream.close();
  }

  private WatchRequest request() {
    WatchRequest.Builder request = WatchRequest.newBuilder().setType(type);
    if (revision >= 0) {
      request.setRevision(revision);
    }
    return request.build();
  }

  private void take(WatchResponse message) {
    switch (message.getEventCase()) {
      case SNAPSHOT -> replace(message.getSnapshot());
      case CHANGES -> change(message.getChanges());
      case HEARTBEAT -> {
        revision = message.getHeartbeat().getRevision();
        freshness.told(message.getHeartbeat().getAsOf(), message.getHeartbeat().getStale());
      }
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
            changed.add(configuration.toBuilder().clearValue().setDeleted(true).build());
          }
        });
    known = Collections.unmodifiableMap(now);
    revision = snapshot.getRevision();
    freshness.told(snapshot.getAsOf(), false);
    changed.forEach(this::tell);
    freshness.complete();
  }

  private void change(WatchResponse.Changes changes) {
    Map<String, Configuration> now = new TreeMap<>(known);
    for (Configuration configuration : changes.getConfigurationsList()) {
      if (configuration.getDeleted()) {
        now.remove(configuration.getComponent());
      } else {
        now.put(configuration.getComponent(), configuration);
      }
    }
    known = Collections.unmodifiableMap(now);
    revision = changes.getRevision();
    freshness.told(changes.getAsOf(), false);
    changes.getConfigurationsList().forEach(this::tell);
  }

  private void tell(Configuration configuration) {
    listeners.forEach(
        listener -> Callbacks.run("a listener for " + type, () -> listener.accept(configuration)));
  }
}
