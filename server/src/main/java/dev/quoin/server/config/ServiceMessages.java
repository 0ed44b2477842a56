// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.WatchServiceResponse;
import dev.quoin.server.rpc.Streams;
import java.util.Collection;

/** What those hear who watch a service. */
final class ServiceMessages implements Messages<Instance, WatchServiceResponse> {
  @Override
  public WatchServiceResponse snapshot(
      Snapshot<Instance> copy, Collection<Entry<Instance>> members) {
    WatchServiceResponse.Snapshot.Builder snapshot =
        WatchServiceResponse.Snapshot.newBuilder()
            .setRevision(copy.revision())
            .setAsOf(Timestamps.fromMillis(copy.millis()));
    members.forEach(member -> snapshot.addInstances(member.value()));
    return WatchServiceResponse.newBuilder().setSnapshot(snapshot).build();
  }

  @Override
  public WatchServiceResponse changes(
      Snapshot<Instance> copy, Collection<Entry<Instance>> members) {
    WatchServiceResponse.Changes.Builder changes =
        WatchServiceResponse.Changes.newBuilder()
            .setRevision(copy.revision())
            .setAsOf(Timestamps.fromMillis(copy.millis()));
    for (Entry<Instance> member : members) {
      if (member.isGone()) {
        changes.addGone(member.name());
      } else {
        changes.addInstances(member.value());
      }
    }
    return WatchServiceResponse.newBuilder().setChanges(changes).build();
  }

  @Override
  public WatchServiceResponse heartbeat(long revision, long millis, boolean stale) {
    return WatchServiceResponse.newBuilder()
        .setHeartbeat(Streams.seen(millis, stale).toBuilder().setRevision(revision))
        .build();
  }

  @Override
  public WatchServiceResponse reconnect(long revision) {
    return WatchServiceResponse.newBuilder()
        .setReconnect(Streams.draining().toBuilder().setRevision(revision))
        .build();
  }
}
