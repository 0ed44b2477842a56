// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import java.util.Optional;

/**
 * Whether something is under maintenance, kept up to date. While Quoin cannot be reached it goes on
 * with what it knew last; at first that is: no maintenance. One with an end ends then all the same,
 * whatever the clock of this process says. Listeners are told what the server says of it. Reading
 * never blocks.
 */
public final class MaintenanceWatch
    extends CachedWatch<WatchMaintenanceRequest, WatchMaintenanceResponse, Maintenance> {
  private final String name;
  private volatile KnownMaintenance known = KnownMaintenance.none();

  MaintenanceWatch(ClientCore core, String name) {
    super(core, ConfigGrpc.getWatchMaintenanceMethod());
    this.name = name;
  }

  /** The maintenance, if there is one now. */
  public Optional<Maintenance> current() {
    return known().map(KnownMaintenance::maintenance);
  }

  /** The maintenance with its end, if there is one now. */
  Optional<KnownMaintenance> known() {
    return Optional.of(known).filter(now -> now.isOn(isStale()));
  }

  @Override
  WatchMaintenanceRequest request() {
    return WatchMaintenanceRequest.newBuilder().setName(name).build();
  }

  @Override
  void take(WatchMaintenanceResponse message) {
    if (message.hasState()) {
      WatchMaintenanceResponse.State state = message.getState();
      known = KnownMaintenance.of(state.getMaintenance(), state.getAsOf());
      known(state.getAsOf(), false);
      tell(state.getMaintenance());
      complete();
    } else if (message.hasHeartbeat()) {
      known = known.confirmed(message.getHeartbeat().getAsOf());
      known(message.getHeartbeat().getAsOf(), message.getHeartbeat().getStale());
    }
  }
}
