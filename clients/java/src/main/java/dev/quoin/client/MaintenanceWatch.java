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
 * with what it knew last; at first that is: no maintenance. One with an end ends then all the same,
 * whatever the clock of this process says. Reading never blocks.
 */
public final class MaintenanceWatch implements AutoCloseable {
  private final OpenStream<WatchMaintenanceRequest, WatchMaintenanceResponse> stream;
  private final Freshness freshness = new Freshness();
  private volatile KnownMaintenance known = KnownMaintenance.none();

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
    return known().map(KnownMaintenance::maintenance);
  }

  /** The maintenance with its end, if there is one now. */
  Optional<KnownMaintenance> known() {
    return Optional.of(known).filter(now -> now.isOn(freshness.isStale()));
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
      WatchMaintenanceResponse.State state = message.getState();
      known = KnownMaintenance.of(state.getMaintenance(), state.getAsOf());
      freshness.told(message.getState().getAsOf(), false);
      freshness.complete();
    } else if (message.hasHeartbeat()) {
      known = known.confirmed(message.getHeartbeat().getAsOf());
      freshness.told(message.getHeartbeat().getAsOf(), message.getHeartbeat().getStale());
    }
  }
}
