// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.server.rpc.Streams;
import java.util.Collection;

/** What those hear who watch a type. */
final class ConfigMessages implements Messages<Configuration, WatchResponse> {
  @Override
  public WatchResponse snapshot(
      Snapshot<Configuration> copy, Collection<Entry<Configuration>> members) {
    WatchResponse.Snapshot.Builder snapshot =
        WatchResponse.Snapshot.newBuilder()
            .setRevision(copy.revision())
            .setAsOf(Timestamps.fromMillis(copy.millis()));
    members.forEach(member -> snapshot.addConfigurations(member.value()));
    return WatchResponse.newBuilder().setSnapshot(snapshot).build();
  }

  @Override
  public WatchResponse changes(
      Snapshot<Configuration> copy, Collection<Entry<Configuration>> members) {
    WatchResponse.Changes.Builder changes =
        WatchResponse.Changes.newBuilder()
            .setRevision(copy.revision())
            .setAsOf(Timestamps.fromMillis(copy.millis()));
    members.forEach(
        member -> changes.addConfigurations(member.isGone() ? gone(member) : member.value()));
    return WatchResponse.newBuilder().setChanges(changes).build();
  }

  private static Configuration gone(Entry<Configuration> member) {
    Configuration.Builder gone =
        Configuration.newBuilder()
            .setComponent(member.name())
            .setVersion(member.version())
            .setDeletion(true);
    int space = member.deletion().indexOf(' ');
    if (space > 0) {
      long millis = Long.parseLong(member.deletion().substring(0, space));
      gone.setUpdateTime(Timestamps.fromMillis(millis))
          .setActor(member.deletion().substring(space + 1));
    }
    return gone.build();
  }

  @Override
  public WatchResponse heartbeat(long revision, long millis, boolean stale) {
    return WatchResponse.newBuilder()
        .setHeartbeat(Streams.seen(millis, stale).toBuilder().setRevision(revision))
        .build();
  }

  @Override
  public WatchResponse reconnect(long revision) {
    return WatchResponse.newBuilder()
        .setReconnect(Streams.draining().toBuilder().setRevision(revision))
        .build();
  }
}
