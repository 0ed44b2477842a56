// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.GetMaintenanceRequest;
import dev.quoin.config.v1.GetMaintenanceResponse;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.config.v1.SetMaintenanceResponse;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.Streams;
import dev.quoin.server.watch.Watches;
import java.util.Collection;
import java.util.concurrent.CompletionStage;

/** The calls that are about maintenance. */
final class MaintenanceCalls {
  private final MaintenanceStore store;
  private final Watches<Snapshot<Maintenance>> watches;

  MaintenanceCalls(MaintenanceStore store, Watches<Snapshot<Maintenance>> watches) {
    this.store = store;
    this.watches = watches;
  }

  CompletionStage<SetMaintenanceResponse> set(SetMaintenanceRequest request, Call call) {
    if (!request.getOn()) {
      checkThatNothingIsWanted(request);
    }
    Maintenance.Builder maintenance =
        Maintenance.newBuilder()
            .setOn(request.getOn())
            .setNotice(request.getNotice())
            .addAllAllow(request.getAllowList())
            .setActor(request.getActor());
    if (request.hasUntil()) {
      maintenance.setUntil(request.getUntil());
    }
    return store
        .set(call.scope(), request.getName(), maintenance.build())
        .thenApply(now -> SetMaintenanceResponse.newBuilder().setMaintenance(now).build());
  }

  /** Who says what is so during a maintenance wants one, and has forgotten to say so. */
  private static void checkThatNothingIsWanted(SetMaintenanceRequest request) {
    String given =
        request.hasUntil()
            ? "until"
            : !request.getNotice().isEmpty()
                ? "notice"
                : request.getAllowCount() > 0 ? "allow" : "";
    if (!given.isEmpty()) {
      throw InvalidRequest.of(given, "must not be set when on is false");
    }
  }

  CompletionStage<GetMaintenanceResponse> get(GetMaintenanceRequest request, Call call) {
    return watches
        .read(
            call.scope(),
            store.watched(call.scope(), request.getName()),
            ConfigService.age(request.getMaxStaleness()))
        .orElseGet(() -> store.get(call.scope(), request.getName()))
        .thenApply(
            copy ->
                GetMaintenanceResponse.newBuilder()
                    .setMaintenance(MaintenanceStore.in(copy))
                    .setAsOf(Timestamps.fromMillis(copy.millis()))
                    .build());
  }

  void watch(
      WatchMaintenanceRequest request,
      Call call,
      ResponseStream<WatchMaintenanceResponse> responses) {
    GroupReader<Maintenance, WatchMaintenanceResponse> reader =
        new GroupReader<>(new Messages(), "", GroupReader.NOTHING);
    watches.open(store.watched(call.scope(), request.getName()), reader, call, responses);
  }

  /** What those hear who watch a maintenance. */
  private static final class Messages
      implements dev.quoin.server.config.Messages<Maintenance, WatchMaintenanceResponse> {
    @Override
    public WatchMaintenanceResponse snapshot(
        Snapshot<Maintenance> copy, Collection<Entry<Maintenance>> members) {
      return WatchMaintenanceResponse.newBuilder()
          .setSnapshot(
              WatchMaintenanceResponse.Snapshot.newBuilder()
                  .setMaintenance(MaintenanceStore.in(copy))
                  .setAsOf(Timestamps.fromMillis(copy.millis())))
          .build();
    }

    @Override
    public WatchMaintenanceResponse changes(
        Snapshot<Maintenance> copy, Collection<Entry<Maintenance>> members) {
      return snapshot(copy, members);
    }

    @Override
    public WatchMaintenanceResponse heartbeat(long revision, long millis, boolean stale) {
      return WatchMaintenanceResponse.newBuilder()
          .setHeartbeat(Streams.seen(millis, stale))
          .build();
    }

    @Override
    public WatchMaintenanceResponse reconnect(long revision) {
      return WatchMaintenanceResponse.newBuilder().setReconnect(Streams.draining()).build();
    }
  }
}
