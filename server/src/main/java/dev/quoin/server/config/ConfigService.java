// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.DeleteRequest;
import dev.quoin.config.v1.DeleteResponse;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.GetResponse;
import dev.quoin.config.v1.ListRequest;
import dev.quoin.config.v1.ListResponse;
import dev.quoin.config.v1.ListVersionsRequest;
import dev.quoin.config.v1.ListVersionsResponse;
import dev.quoin.config.v1.RollbackRequest;
import dev.quoin.config.v1.RollbackResponse;
import dev.quoin.config.v1.SetRequest;
import dev.quoin.config.v1.SetResponse;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.server.config.ConfigStore.Found;
import dev.quoin.server.config.ConfigStore.Outcome;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.watch.Copies;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watches;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.config.v1.Config}: the components of types here, the rest next door. */
public final class ConfigService implements BindableService {

  /** Groups that nobody watches are kept to be read again as long as all are less than this. */
  private static final int COPIES = 10_000;

  private static final long COPIED_BYTES = 64L << 20;
  private static final int LIST_PAGE = 100;
  private static final int HISTORY_PAGE = 20;

  private final Kernel kernel;
  private final ConfigStore store;
  private final Watches<Snapshot<Configuration>> watches;
  private final MaintenanceCalls maintenance;
  private final DiscoveryCalls discovery;
  private final ListCalls lists;

  public ConfigService(Kernel kernel) {
    Keyspace keyspace = kernel.keyspace("config");
    this.kernel = kernel;
    ConfigNames names = ConfigNames.of(kernel.scripts(), keyspace);
    MaintenanceStore maintenances =
        new MaintenanceStore(kernel.scripts(), keyspace, names.maintenances());
    this.store = new ConfigStore(kernel.scripts(), keyspace, names.types());
    this.lists = new ListCalls(names, store, maintenances);
    Copies<Snapshot<?>> copies = new Copies<>(Snapshot::bytes, COPIES, COPIED_BYTES);
    this.watches = watches(kernel, copies);
    this.maintenance = new MaintenanceCalls(maintenances, watches(kernel, copies));
    this.discovery =
        new DiscoveryCalls(
            new InstanceStore(kernel.scripts(), keyspace, names.services()),
            watches(kernel, copies),
            kernel.timer());
  }

  private static <T> Watches<Snapshot<T>> watches(Kernel kernel, Copies<Snapshot<?>> copies) {
    return new Watches<>(
        kernel.scripts().redis().pubSub(), kernel.timer(), WatchSettings.USUAL, copies);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(ConfigGrpc.getServiceDescriptor())
        .unary(ConfigGrpc.getSetMethod(), this::set)
        .unary(ConfigGrpc.getGetMethod(), this::get)
        .unary(ConfigGrpc.getListMethod(), this::list)
        .unary(ConfigGrpc.getListTypesMethod(), lists::types)
        .unary(ConfigGrpc.getDeleteMethod(), this::delete)
        .unary(ConfigGrpc.getListVersionsMethod(), this::history)
        .unary(ConfigGrpc.getRollbackMethod(), this::rollback)
        .streaming(ConfigGrpc.getWatchMethod(), this::watch)
        .unary(ConfigGrpc.getSetMaintenanceMethod(), maintenance::set)
        .unary(ConfigGrpc.getGetMaintenanceMethod(), maintenance::get)
        .unary(ConfigGrpc.getListMaintenancesMethod(), lists::maintenances)
        .streaming(ConfigGrpc.getWatchMaintenanceMethod(), maintenance::watch)
        .streaming(ConfigGrpc.getAnnounceMethod(), discovery::announce)
        .unary(ConfigGrpc.getResolveMethod(), discovery::resolve)
        .unary(ConfigGrpc.getListServicesMethod(), lists::services)
        .streaming(ConfigGrpc.getWatchServiceMethod(), discovery::watch)
        .build();
  }

  private CompletionStage<SetResponse> set(SetRequest request, Call call) {
    Change change =
        new Change(
            request.getType(),
            request.getComponent(),
            expected(request.hasExpectedVersion(), request.getExpectedVersion()),
            request.getActor(),
            Once.of(request.getRequestId(), "set:", request));
    return store
        .set(call.scope(), change, Values.bytes(request.getValue()))
        .thenApply(ConfigService::stored);
  }

  private static SetResponse stored(Outcome outcome) {
    SetResponse.Builder response =
        SetResponse.newBuilder().setStored(outcome.made()).setVersion(outcome.version());
    if (outcome.version() > 0) {
      response.setUpdateTime(Timestamps.fromMillis(outcome.millis()));
    }
    if (outcome.present() != null) {
      response.setConfiguration(outcome.present());
    }
    return response.build();
  }

  private CompletionStage<RollbackResponse> rollback(RollbackRequest request, Call call) {
    Change change =
        new Change(
            request.getType(),
            request.getComponent(),
            expected(request.hasExpectedVersion(), request.getExpectedVersion()),
            request.getActor(),
            Once.of(request.getRequestId(), "rollback:", request));
    return store
        .rollback(call.scope(), change, request.getVersion())
        .thenApply(ConfigService::restored);
  }

  private static RollbackResponse restored(Outcome outcome) {
    RollbackResponse.Builder response =
        RollbackResponse.newBuilder().setStored(outcome.made()).setVersion(outcome.version());
    if (outcome.version() > 0) {
      response.setUpdateTime(Timestamps.fromMillis(outcome.millis()));
    }
    if (outcome.present() != null) {
      response.setConfiguration(outcome.present());
    }
    return response.build();
  }

  private CompletionStage<DeleteResponse> delete(DeleteRequest request, Call call) {
    Change change =
        new Change(
            request.getType(),
            request.getComponent(),
            expected(request.hasExpectedVersion(), request.getExpectedVersion()),
            request.getActor(),
            Once.of(request.getRequestId(), "delete:", request));
    return store
        .delete(call.scope(), change)
        .thenApply(
            outcome ->
                DeleteResponse.newBuilder()
                    .setDeleted(outcome.made())
                    .setVersion(outcome.version())
                    .build());
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    String component = request.getComponent();
    Duration age = age(request.getMaxStaleness());
    return watches
        .read(call.scope(), store.watched(call.scope(), request.getType()), age)
        .map(
            read ->
                read.thenApply(
                    copy -> {
                      Entry<Configuration> member = copy.member(component);
                      return new Found(copy.millis(), member == null ? null : member.value());
                    }))
        .orElseGet(() -> store.get(call.scope(), request.getType(), component))
        .thenApply(ConfigService::found);
  }

  private static GetResponse found(Found found) {
    GetResponse.Builder response =
        GetResponse.newBuilder()
            .setFound(found.configuration() != null)
            .setAsOf(Timestamps.fromMillis(found.millis()));
    if (found.configuration() != null) {
      response.setConfiguration(found.configuration());
    }
    return response.build();
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    String type = request.getType();
    String prefix = request.getPrefix();
    Paging paging =
        Paging.of(
            call.scope(), request.getPageSize(), LIST_PAGE, request.getPageToken(), type, prefix);
    return store
        .list(call.scope(), type, prefix, paging.position(), paging.rows())
        .thenApply(
            listed -> {
              Paging.Page<Configuration> page =
                  paging.page(listed.configurations(), Configuration::getComponent);
              return ListResponse.newBuilder()
                  .addAllConfigurations(page.rows())
                  .setNextPageToken(page.nextPageToken())
                  .setRevision(listed.revision())
                  .setAsOf(Timestamps.fromMillis(listed.millis()))
                  .build();
            });
  }

  private CompletionStage<ListVersionsResponse> history(ListVersionsRequest request, Call call) {
    String type = request.getType();
    String component = request.getComponent();
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            HISTORY_PAGE,
            request.getPageToken(),
            type,
            component);
    return store
        .history(call.scope(), type, component, paging.position(), paging.size())
        .thenApply(
            versions -> {
              List<Configuration> page = versions.configurations();
              return ListVersionsResponse.newBuilder()
                  .addAllConfigurations(page)
                  .setNextPageToken(
                      versions.more()
                          ? paging.token(Long.toString(page.get(page.size() - 1).getVersion()))
                          : "")
                  .build();
            });
  }

  private void watch(WatchRequest request, Call call, ResponseStream<WatchResponse> responses) {
    GroupReader<Configuration, WatchResponse> reader =
        new GroupReader<>(
            new ConfigMessages(),
            request.getComponent(),
            request.hasRevision() ? request.getRevision() : GroupReader.NOTHING);
    watches.open(store.watched(call.scope(), request.getType()), reader, call, responses);
  }

  /** How old an answer may be. */
  static Duration age(com.google.protobuf.Duration given) {
    return Duration.ofNanos(Durations.toNanos(given));
  }

  private static String expected(boolean given, long version) {
    return given ? Long.toString(version) : "";
  }
}
