// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.Status;
import io.grpc.StatusOr;
import io.grpc.SynchronizationContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executor;

/** Resolves targets that name several servers: {@code quoin-list:///a:7400,b:7400}. */
final class AddressList extends NameResolverProvider {
  private static final String SCHEME = "quoin-list";
  private static final int DEFAULT_PORT = 7400;

  /** The gRPC target for what a user calls an address. */
  static String target(String address) {
    if (address.contains("://") || address.startsWith("unix:")) {
      return address;
    }
    List<String> servers = Arrays.stream(address.split(",")).map(AddressList::withPort).toList();
    return servers.size() == 1
        ? "dns:///" + servers.get(0)
        : uri("/" + String.join(",", servers)).toString();
  }

  private static String withPort(String server) {
    String trimmed = server.trim();
    URI uri = URI.create("//" + trimmed);
    if (uri.getHost() == null) {
      throw new IllegalArgumentException(
          "\"" + trimmed + "\" is no address; write host:port, several separated by commas");
    }
    return uri.getPort() < 0 ? uri.getHost() + ":" + DEFAULT_PORT : trimmed;
  }

  private static URI uri(String path) {
    try {
      return new URI(SCHEME, "", path, null);
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(e.getMessage(), e);
    }
  }

  @Override
  protected boolean isAvailable() {
    return true;
  }

  @Override
  protected int priority() {
    return 5;
  }

  @Override
  public String getDefaultScheme() {
    return SCHEME;
  }

  @Override
  public NameResolver newNameResolver(URI target, NameResolver.Args args) {
    return SCHEME.equals(target.getScheme())
        ? new Resolver(List.of(target.getPath().substring(1).split(",")), args)
        : null;
  }

  /** Looks all hosts up, again whenever a connection is lost. */
  private static final class Resolver extends NameResolver {
    private final List<String> servers;
    private final Executor lookups;
    private final SynchronizationContext channel;
    private Listener2 listener;

    Resolver(List<String> servers, Args args) {
      this.servers = servers;
      this.lookups = args.getOffloadExecutor();
      this.channel = args.getSynchronizationContext();
    }

    @Override
    public String getServiceAuthority() {
      return servers.get(0);
    }

    @Override
    public void start(Listener2 listener) {
      this.listener = listener;
      refresh();
    }

    @Override
    public void refresh() {
      lookups.execute(
          () -> {
            ResolutionResult result =
                ResolutionResult.newBuilder().setAddressesOrError(lookUp()).build();
            channel.execute(() -> listener.onResult2(result));
          });
    }

    @Override
    public void shutdown() {}

    private StatusOr<List<EquivalentAddressGroup>> lookUp() {
      List<EquivalentAddressGroup> found = new ArrayList<>();
      String unknown = "";
      for (String server : servers) {
        URI uri = URI.create("//" + server);
        var name =
            io.grpc.Attributes.newBuilder()
                .set(EquivalentAddressGroup.ATTR_AUTHORITY_OVERRIDE, server)
                .build();
        try {
          for (InetAddress ip : InetAddress.getAllByName(uri.getHost())) {
            found.add(new EquivalentAddressGroup(new InetSocketAddress(ip, uri.getPort()), name));
          }
        } catch (UnknownHostException e) {
          unknown = uri.getHost();
        }
      }
      return found.isEmpty()
          ? StatusOr.fromStatus(Status.UNAVAILABLE.withDescription("unknown host " + unknown))
          : StatusOr.fromValue(found);
    }
  }
}
