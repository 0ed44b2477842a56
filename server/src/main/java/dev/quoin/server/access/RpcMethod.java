// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import dev.quoin.access.v1.Permission;

/**
 * An RPC, and what it takes to call it.
 *
 * @param service full name
 * @param method short name
 * @param frees whether it renews, gives back or removes what there is
 */
public record RpcMethod(String service, String method, Permission permission, boolean frees) {
  /** KEDA names the namespace in the request: see {@code Call.in}. */
  static final String SCALER = "externalscaler.ExternalScaler";

  /** As gRPC names it. */
  public String fullName() {
    return service + '/' + method;
  }

  boolean isForOperators() {
    return permission == Permission.PERMISSION_ADMIN;
  }

  /** Whether its headers name no namespace that it is about. */
  public boolean isOfNoNamespace() {
    return (service.startsWith("grpc.") || service.equals(SCALER)) && !isEverywhere();
  }

  /** Whether it tells about all namespaces or their callers, whichever it is called in. */
  boolean isEverywhere() {
    return service.startsWith("quoin.admin.") || service.startsWith("grpc.channelz.");
  }
}
