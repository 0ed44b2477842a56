// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.config.v1.ListMaintenancesRequest;
import dev.quoin.config.v1.ListMaintenancesResponse;
import dev.quoin.config.v1.ListServicesRequest;
import dev.quoin.config.v1.ListServicesResponse;
import dev.quoin.config.v1.ListTypesRequest;
import dev.quoin.config.v1.ListTypesResponse;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * The calls that tell what there is. The names come from an index, and what they name is asked
 * whether it is still there.
 */
final class ListCalls {
  private static final int PAGE = 50;

  private final ConfigNames names;
  private final ConfigStore store;
  private final MaintenanceStore maintenances;

  ListCalls(ConfigNames names, ConfigStore store, MaintenanceStore maintenances) {
    this.names = names;
    this.store = store;
    this.maintenances = maintenances;
  }

  CompletionStage<ListTypesResponse> types(ListTypesRequest request, Call call) {
    return names
        .types()
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken())
        .thenCompose(
            page ->
                each(page, type -> store.exists(call.scope(), type))
                    .thenApply(
                        exist -> {
                          ListTypesResponse.Builder response =
                              ListTypesResponse.newBuilder().setNextPageToken(page.nextPageToken());
                          for (int i = 0; i < exist.size(); i++) {
                            if (exist.get(i)) {
                              response.addTypes(page.names().get(i));
                            }
                          }
                          return response.build();
                        }));
  }

  CompletionStage<ListMaintenancesResponse> maintenances(
      ListMaintenancesRequest request, Call call) {
    return names
        .maintenances()
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken())
        .thenCompose(
            page ->
                each(page, name -> maintenances.get(call.scope(), name))
                    .thenApply(
                        found -> {
                          ListMaintenancesResponse.Builder response =
                              ListMaintenancesResponse.newBuilder()
                                  .setNextPageToken(page.nextPageToken());
                          for (int i = 0; i < found.size(); i++) {
                            Maintenance maintenance = MaintenanceStore.in(found.get(i));
                            if (maintenance.getOn()) {
                              response
                                  .addMaintenancesBuilder()
                                  .setName(page.names().get(i))
                                  .setMaintenance(maintenance);
                            }
                          }
                          return response.build();
                        }));
  }

  CompletionStage<ListServicesResponse> services(ListServicesRequest request, Call call) {
    return names
        .services()
        .list(
            call.scope(),
            request.getPrefix(),
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken())
        .thenApply(
            page ->
                ListServicesResponse.newBuilder()
                    .addAllServices(page.names())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  /** What is asked about each name of a page, in their order. */
  private static <T> CompletionStage<List<T>> each(
      NameIndex.Page page, Function<String, CompletionStage<T>> ask) {
    List<CompletableFuture<T>> asked = new ArrayList<>();
    page.names().forEach(name -> asked.add(ask.apply(name).toCompletableFuture()));
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> asked.stream().map(one -> one.getNow(null)).toList());
  }
}
