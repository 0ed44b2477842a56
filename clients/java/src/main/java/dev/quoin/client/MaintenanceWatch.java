// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import dev.quoin.streams.v1.Heartbeat;
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
  void confirmed(Heartbeat heartbeat) {
    known = known.confirmed(heartbeat.getAsOf());
  }

  @Override
  void take(WatchMaintenanceResponse message) {
    if (message.hasSnapshot()) {
      WatchMaintenanceResponse.Snapshot now = message.getSnapshot();
      known = KnownMaintenance.of(now.getMaintenance(), now.getAsOf());
      known(now.getAsOf(), false);
      tell(now.getMaintenance());
      complete();
    }
  }
}
