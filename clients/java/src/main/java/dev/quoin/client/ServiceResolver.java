// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.config.v1.Instance;
import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.Status;
import io.grpc.StatusOr;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.List;
import java.util.Optional;

/** Finds the instances of a service for a gRPC channel. */
final class ServiceResolver extends NameResolver {
  private static final int LAST_PORT = 65_535;

  private final ClientCore core;
  private final String service;
  private ServiceWatch watch;

  /** Makes resolvers for {@code quoin:///service}. */
  static final class Provider extends NameResolverProvider {
    private static final int USUAL_PRIORITY = 5;

    private final ClientCore core;

    Provider(ClientCore core) {
      this.core = core;
    }

    @Override
    protected boolean isAvailable() {
      return true;
    }

    @Override
    protected int priority() {
      return USUAL_PRIORITY;
    }

    @Override
    public String getDefaultScheme() {
      return "quoin";
    }

    @Override
    public NameResolver newNameResolver(URI target, Args arguments) {
      String path = target.getPath();
      return getDefaultScheme().equals(target.getScheme()) && path != null && path.length() > 1
          ? new ServiceResolver(core, path.substring(1))
          : null;
    }
  }

  private ServiceResolver(ClientCore core, String service) {
    this.core = core;
    this.service = service;
  }

  @Override
  public String getServiceAuthority() {
    return service;
  }

  @Override
  public void start(Listener2 listener) {
    watch = new ServiceWatch(core, service);
    watch.onChange(instances -> tell(listener, instances));
    watch.open();
  }

  @Override
  public void shutdown() {
    // A channel that was never used never started to look.
    if (watch != null) {
      watch.close();
    }
  }

  private void tell(Listener2 listener, List<Instance> instances) {
    List<Instance> serving = instances.stream().filter(one -> !one.getDraining()).toList();
    List<EquivalentAddressGroup> addresses =
        (serving.isEmpty() ? instances : serving)
            .stream()
                .flatMap(instance -> address(instance.getAddress()).stream())
                .map(EquivalentAddressGroup::new)
                .toList();
    listener.onResult(
        ResolutionResult.newBuilder()
            .setAddressesOrError(
                addresses.isEmpty()
                    ? StatusOr.fromStatus(
                        Status.UNAVAILABLE.withDescription("nobody announces " + service))
                    : StatusOr.fromValue(addresses))
            .build());
  }

  /** Empty when it is no {@code host:port}. */
  private static Optional<SocketAddress> address(String address) {
    try {
      URI parts = new URI("//" + address);
      return parts.getHost() == null || parts.getPort() < 0 || parts.getPort() > LAST_PORT
          ? Optional.empty()
          : Optional.of(new InetSocketAddress(parts.getHost(), parts.getPort()));
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
