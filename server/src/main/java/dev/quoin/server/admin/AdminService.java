// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.ListNamespacesRequest;
import dev.quoin.admin.v1.ListNamespacesResponse;
import dev.quoin.admin.v1.ListUsageRequest;
import dev.quoin.admin.v1.ListUsageResponse;
import dev.quoin.admin.v1.NamespaceUsage;
import dev.quoin.admin.v1.WatchServerRequest;
import dev.quoin.admin.v1.WatchServerResponse;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.Namespaces;
import dev.quoin.server.quotas.Stored;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.admin.v1.Admin}. */
public final class AdminService implements BindableService {
  private static final int PAGE = 100;
  private static final long PERIOD_MILLIS = 2_000;

  private final Kernel kernel;
  private final Namespaces namespaces;
  private final RedisLooks looks;

  public AdminService(Kernel kernel) {
    this.kernel = kernel;
    this.namespaces = new Namespaces(kernel.scripts(), kernel.settings().keyPrefix());
    this.looks = new RedisLooks(kernel.scripts().redis());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(AdminGrpc.getServiceDescriptor())
        .unary(AdminGrpc.getListNamespacesMethod(), this::listNamespaces)
        .unary(AdminGrpc.getListUsageMethod(), this::listUsage)
        .streaming(AdminGrpc.getWatchServerMethod(), this::watchServer)
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

  private void watchServer(
      WatchServerRequest request, Call call, ResponseStream<WatchServerResponse> responses) {
    long period = Defaults.millis(request.hasPeriod(), request.getPeriod(), PERIOD_MILLIS);
    new ServerWatch(kernel, looks, call, period, responses).tell();
  }

  private CompletionStage<ListUsageResponse> listUsage(ListUsageRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(), request.getPageSize(), PAGE, request.getPageToken(), request.getPrefix());
    Paging.Page<NamespaceUsage> page =
        paging.page(
            usages(request.getPrefix(), paging.position(), paging.rows()),
            NamespaceUsage::getNamespace);
    return CompletableFuture.completedFuture(
        ListUsageResponse.newBuilder()
            .addAllUsages(page.rows())
            .setNextPageToken(page.nextPageToken())
            .build());
  }

  /** What some namespaces store: those after one. A feature has a line of its own. */
  private List<NamespaceUsage> usages(String prefix, String after, int most) {
    List<NamespaceUsage> usages = new ArrayList<>();
    NamespaceUsage.Builder usage = null;
    // A space goes before all characters of names.
    String from = after.isEmpty() ? prefix : after + '!';
    for (Map.Entry<String, Stored> line : kernel.storage().all().tailMap(from).entrySet()) {
      int space = line.getKey().indexOf(' ');
      String namespace = line.getKey().substring(0, space);
      if (!namespace.startsWith(prefix)) {
        break;
      }
      if (usage == null || !usage.getNamespace().equals(namespace)) {
        if (usage != null) {
          usages.add(usage.build());
        }
        if (usages.size() == most) {
          return usages;
        }
        usage = NamespaceUsage.newBuilder().setNamespace(namespace);
      }
      Stored stored = line.getValue();
      usage
          .setStoredKeys(usage.getStoredKeys() + stored.keys())
          .setStoredBytes(usage.getStoredBytes() + stored.bytes())
          .addFeaturesBuilder()
          .setFeature(line.getKey().substring(space + 1))
          .setStoredKeys(stored.keys())
          .setStoredBytes(stored.bytes());
    }
    if (usage != null) {
      usages.add(usage.build());
    }
    return usages;
  }
}
