// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.WatchServiceRequest;
import dev.quoin.config.v1.WatchServiceResponse;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/**
 * The instances of a service, kept up to date. While Quoin cannot be reached it goes on with what
 * it knew last: {@link #isStale} says so, {@link #asOf} since when. Reading never blocks.
 */
public final class ServiceWatch implements AutoCloseable {
  private final String service;
  private final OpenStream<WatchServiceRequest, WatchServiceResponse> stream;
  private final Freshness freshness = new Freshness();
  private final List<Consumer<List<Instance>>> listeners = new CopyOnWriteArrayList<>();
  private volatile Map<String, Instance> known = Map.of();
  private volatile long revision = -1;

  ServiceWatch(Link link, String service) {
    this(link, service, instances -> {});
  }

  /**
   * @param listener as in {@link #onChange}, told the first instances, too
   */
  ServiceWatch(Link link, String service, Consumer<List<Instance>> listener) {
    this.service = service;
    this.listeners.add(listener);
    this.stream =
        new OpenStream<>(
            link, ConfigGrpc.getWatchServiceMethod(), this::request, this::take, freshness::broken);
    stream.open();
  }

  /**
   * Done as soon as the instances are known. Fails with {@link InvalidRequestException} when the
   * service cannot be one.
   */
  public CompletableFuture<Void> ready() {
    return freshness.ready();
  }

  /** All instances as they are known, in order of their names. Does not change any more. */
  public List<Instance> instances() {
    return List.copyOf(known.values());
  }

  /** The instances that take new work: those that do not drain. */
  public List<Instance> serving() {
    return known.values().stream().filter(instance -> !instance.getDraining()).toList();
  }

  /** When what is known was last seen to be so, by the clock of Redis; empty before it is ready. */
  public Optional<Instant> asOf() {
    return freshness.asOf();
  }

  /** Whether there may be changes that cannot be seen now. */
  public boolean isStale() {
    return freshness.isStale();
  }

  /** Told all instances after every change from now on, one change at a time; must not block. */
  public void onChange(Consumer<List<Instance>> listener) {
    listeners.add(listener);
  }

  /** Ends the watch; what is known stays. */
  @Override
  public void close() {
    stream.close();
  }

  private WatchServiceRequest request() {
    WatchServiceRequest.Builder request = WatchServiceRequest.newBuilder().setService(service);
    if (revision >= 0) {
      request.setRevision(revision);
    }
    return request.build();
  }

  private void take(WatchServiceResponse message) {
    switch (message.getEventCase()) {
      case SNAPSHOT -> {
        Map<String, Instance> now = new TreeMap<>();
        add(now, message.getSnapshot().getInstancesList());
        revision = message.getSnapshot().getRevision();
        freshness.told(message.getSnapshot().getAsOf(), false);
        know(now);
        freshness.complete();
      }
      case CHANGES -> {
        Map<String, Instance> now = new TreeMap<>(known);
        message.getChanges().getGoneList().forEach(now::remove);
        add(now, message.getChanges().getInstancesList());
        revision = message.getChanges().getRevision();
        freshness.told(message.getChanges().getAsOf(), false);
        know(now);
      }
      case HEARTBEAT -> {
        revision = message.getHeartbeat().getRevision();
        freshness.told(message.getHeartbeat().getAsOf(), message.getHeartbeat().getStale());
      }
      default -> {}
    }
  }

  private static void add(Map<String, Instance> instances, List<Instance> more) {
    more.forEach(instance -> instances.put(instance.getInstance(), instance));
  }

  private void know(Map<String, Instance> now) {
    known = Collections.unmodifiableMap(now);
    List<Instance> all = instances();
    listeners.forEach(
        listener -> Callbacks.run("a listener for " + service, () -> listener.accept(all)));
  }
}
