// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.ResolveRequest;
import dev.quoin.config.v1.ResolveResponse;
import dev.quoin.config.v1.WatchServiceRequest;
import dev.quoin.config.v1.WatchServiceResponse;
import dev.quoin.server.config.InstanceStore.Announced;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.waiting.Tokens;
import dev.quoin.server.watch.Watches;
import io.netty.util.Timer;
import java.util.concurrent.CompletionStage;

/** The calls by which services are found. */
final class DiscoveryCalls {
  private static final long DEFAULT_LEASE_MILLIS = 10_000;

  private final InstanceStore store;
  private final Watches<Snapshot<Instance>> watches;
  private final Timer timer;

  DiscoveryCalls(InstanceStore store, Watches<Snapshot<Instance>> watches, Timer timer) {
    this.store = store;
    this.watches = watches;
    this.timer = timer;
  }

  void announce(AnnounceRequest request, Call call, ResponseStream<AnnounceResponse> responses) {
    String keeper = Tokens.next();
    Instance instance =
        Instance.newBuilder()
            .setInstance(request.getInstance().isEmpty() ? keeper : request.getInstance())
            .setAddress(request.getAddress())
            .putAllMetadata(request.getMetadataMap())
            .setDraining(request.getDraining())
            .build();
    long lease = Defaults.millis(request.hasLease(), request.getLease(), DEFAULT_LEASE_MILLIS);
    Announced what = Announced.of(call.scope(), request.getService(), keeper, lease, instance);
    new Announcement(store, timer, what, call, responses).begin();
  }

  CompletionStage<ResolveResponse> resolve(ResolveRequest request, Call call) {
    return watches
        .read(
            call.scope(),
            store.watched(call.scope(), request.getService()),
            ConfigService.age(request.getMaxStaleness()))
        .orElseGet(() -> store.get(call.scope(), request.getService()))
        .thenApply(
            copy -> {
              ResolveResponse.Builder response =
                  ResolveResponse.newBuilder()
                      .setRevision(copy.revision())
                      .setAsOf(Timestamps.fromMillis(copy.millis()));
              copy.members().forEach(member -> response.addInstances(member.value()));
              return response.build();
            });
  }

  void watch(
      WatchServiceRequest request, Call call, ResponseStream<WatchServiceResponse> responses) {
    GroupReader<Instance, WatchServiceResponse> reader =
        new GroupReader<>(
            new ServiceMessages(),
            "",
            request.hasRevision() ? request.getRevision() : GroupReader.NOTHING);
    watches.open(store.watched(call.scope(), request.getService()), reader, call, responses);
  }
}
