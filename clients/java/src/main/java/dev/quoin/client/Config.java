// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.AnnounceRequest;
import io.grpc.NameResolverProvider;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The RPCs of Config; configuration, maintenance and services kept in memory, where reading them
 * costs nothing and goes on while Quoin cannot be reached; and announcements.
 */
public final class Config extends ConfigClient {
  Config(ClientCore core) {
    super(core, core.deadline());
  }

  /** Keeps the components of a type in memory. */
  public ConfigWatch watch(String type) {
    return opened(new ConfigWatch(core, type));
  }

  /** Keeps in memory whether something is under maintenance. */
  public MaintenanceWatch watchMaintenance(String name) {
    return opened(new MaintenanceWatch(core, name));
  }

  /** Keeps the instances of a service in memory. */
  public ServiceWatch watchService(String service) {
    return opened(new ServiceWatch(core, service));
  }

  /**
   * Makes an instance of a service known, under a name of its own.
   *
   * @param address where it serves, {@code host:port}
   */
  public Announcement announce(String service, String address) {
    return announce(service, address, request -> {});
  }

  /**
   * The same with more that can be said about the instance.
   *
   * @param more fills in the rest of the request
   */
  public Announcement announce(
      String service, String address, Consumer<AnnounceRequest.Builder> more) {
    AnnounceRequest.Builder request =
        AnnounceRequest.newBuilder()
            .setService(service)
            .setAddress(address)
            .setInstance(UUID.randomUUID().toString());
    return new Announcement(core, filled(request, more).build());
  }

  private static <W extends CachedWatch<?, ?, ?>> W opened(W watch) {
    watch.open();
    return watch;
  }

  /**
   * Lets gRPC channels find services here, as {@code quoin:///service}: register it with {@link
   * io.grpc.NameResolverRegistry}. Instances that drain get no new calls while there are others.
   */
  public NameResolverProvider resolver() {
    return new ServiceResolver.Provider(core);
  }
}
