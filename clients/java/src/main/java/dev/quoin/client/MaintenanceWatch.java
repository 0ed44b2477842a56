// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Whether something is under maintenance, kept up to date. While Quoin cannot be reached it goes on
 * with what it knew last; at first that is: no maintenance. One with an end ends then all the same.
 * Reading never blocks.
 */
public final class MaintenanceWatch implements AutoCloseable {
  private final OpenStream<WatchMaintenanceRequest, WatchMaintenanceResponse> stream;
  private final Freshness freshness = new Freshness();
  private volatile Maintenance known = Maintenance.getDefaultInstance();

  MaintenanceWatch(Link link, String name) {
    WatchMaintenanceRequest request = WatchMaintenanceRequest.newBuilder().setName(name).build();
    stream =
        new OpenStream<>(
            link,
            ConfigGrpc.getWatchMaintenanceMethod(),
            () -> request,
            this::take,
            freshness::broken);
    stream.open();
  }

  /**
   * Done as soon as it is known. Fails with {@link InvalidRequestException} when the name cannot be
   * one.
   */
  public CompletableFuture<Void> ready() {
    return freshness.ready();
  }

  /** The maintenance, if there is one now. */
  public Optional<Maintenance> current() {
    Maintenance maintenance = known;
    boolean over =
        maintenance.hasUntil() && !Protos.instant(maintenance.getUntil()).isAfter(Instant.now());
    return maintenance.getOn() && !over ? Optional.of(maintenance) : Optional.empty();
  }

  /** When what is known was last seen to be so, by the clock of Redis; empty before it is ready. */
  public Optional<Instant> asOf() {
    return freshness.asOf();
  }

  /** Whether there may be a change that cannot be seen now. */
  public boolean isStale() {
    return freshness.isStale();
  }

  /** Ends the watch; what is known stays. */
  @Override
  public void close() {
    stream.close();
  }

  private void take(WatchMaintenanceResponse message) {
    if (message.hasState()) {
      known = message.getState().getMaintenance();
      freshness.told(message.getState().getAsOf(), false);
      freshness.complete();
    } else if (message.hasHeartbeat()) {
      freshness.told(message.getHeartbeat().getAsOf(), message.getHeartbeat().getStale());
    }
  }
}
