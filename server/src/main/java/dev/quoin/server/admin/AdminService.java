// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.ListNamespacesRequest;
import dev.quoin.admin.v1.ListNamespacesResponse;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.Namespaces;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.admin.v1.Admin}. */
public final class AdminService implements BindableService {
  private static final int PAGE = 100;

  private final Kernel kernel;
  private final Namespaces namespaces;

  public AdminService(Kernel kernel) {
    this.kernel = kernel;
    this.namespaces = new Namespaces(kernel.scripts(), kernel.settings().keyPrefix());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(AdminGrpc.getServiceDescriptor())
        .unary(AdminGrpc.getListNamespacesMethod(), this::listNamespaces)
        .build();
  }

  private CompletionStage<ListNamespacesResponse> listNamespaces(
      ListNamespacesRequest request, Call call) {
    int size = Defaults.orElse(request.getPageSize(), PAGE);
    return namespaces
        .list(call.scope(), request.getPrefix(), size, request.getPageToken())
        .thenApply(
            page ->
                ListNamespacesResponse.newBuilder()
                    .addAllNamespaces(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }
}
