// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.google.protobuf.Descriptors.MethodDescriptor;
import dev.quoin.access.v1.AccessProto;
import dev.quoin.access.v1.Permission;
import dev.quoin.server.settings.BadSettings;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.ProtoMethodDescriptorSupplier;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The RPCs of a server, each with the permission that its contract names. */
public final class RpcMethods {
  /** Services that others define name no permission. */
  private static final Map<String, Permission> OF_OTHERS =
      Map.of(
          "grpc.health.v1.Health",
          Permission.PERMISSION_READ,
          "grpc.reflection.v1.ServerReflection",
          Permission.PERMISSION_READ,
          "grpc.reflection.v1alpha.ServerReflection",
          Permission.PERMISSION_READ,
          "grpc.channelz.v1.Channelz",
          Permission.PERMISSION_ADMIN,
          RpcMethod.SCALER,
          Permission.PERMISSION_READ);

  private final Map<String, RpcMethod> byName = new HashMap<>();
  private final Set<String> services = new HashSet<>(OF_OTHERS.keySet());

  public RpcMethods(List<ServiceDescriptor> contracts) {
    for (ServiceDescriptor contract : contracts) {
      services.add(contract.getName());
      for (io.grpc.MethodDescriptor<?, ?> method : contract.getMethods()) {
        MethodDescriptor described =
            ((ProtoMethodDescriptorSupplier) method.getSchemaDescriptor()).getMethodDescriptor();
        Permission permission = described.getOptions().getExtension(AccessProto.permission);
        byName.put(
            method.getFullMethodName(),
            new RpcMethod(
                contract.getName(),
                method.getBareMethodName(),
                permission,
                described.getOptions().getExtension(AccessProto.frees)));
      }
    }
  }

  /** All that Quoin serves. */
  public Iterable<RpcMethod> all() {
    return byName.values();
  }

  /** The RPC of a name; one that is not known takes all there is. */
  public RpcMethod of(String fullName) {
    RpcMethod known = byName.get(fullName);
    if (known != null) {
      return known;
    }
    int slash = fullName.indexOf('/');
    String service = slash < 0 ? fullName : fullName.substring(0, slash);
    return new RpcMethod(
        service,
        fullName.substring(slash + 1),
        OF_OTHERS.getOrDefault(service, Permission.PERMISSION_ADMIN),
        false);
  }

  /** The RPC of a name; throws when there is none. */
  public RpcMethod find(String fullName) {
    require(fullName, "--rpc");
    return of(fullName);
  }

  /** Throws when there is no such service or RPC. */
  void require(String name, String place) {
    int slash = name.indexOf('/');
    String service = slash < 0 ? name : name.substring(0, slash);
    boolean isThere =
        slash < 0
            ? services.contains(name)
            : byName.containsKey(name) || OF_OTHERS.containsKey(service);
    if (!isThere) {
      throw new BadSettings(place + ": there is no service or RPC " + name);
    }
  }
}
