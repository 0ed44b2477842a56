// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Fingerprint;
import java.util.concurrent.CompletionStage;

/** Maintenances in Redis. Each is a group with one member, or none. */
final class MaintenanceStore {
  /** The name of the one member. */
  static final String MEMBER = "maintenance";

  private static final Maintenance OFF = Maintenance.newBuilder().setOn(false).build();
  private static final LuaScript SET = LuaScript.load("config/set_maintenance");
  private static final LuaScript READ = LuaScript.load("config/maintenance");

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final NameIndex names;

  /**
   * @param names where it is recorded what was under maintenance
   */
  MaintenanceStore(Scripts scripts, Keyspace keyspace, NameIndex names) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.names = names;
  }

  /** Sets what is so. Returns it with the time when it began. */
  CompletionStage<Maintenance> set(RequestContext scope, String name, Maintenance maintenance) {
    byte[] value = maintenance.getOn() ? Fingerprint.bytes(maintenance) : new byte[0];
    String ends =
        maintenance.getOn() && maintenance.hasUntil()
            ? Long.toString(Timestamps.toMillis(maintenance.getUntil()))
            : "";
    CompletionStage<Reply> set =
        scripts.run(SET, scope, new String[] {key(scope, name)}, value, ends);
    return (maintenance.getOn() ? names.record(scope, name, set) : set)
        .thenApply(
            reply -> {
              if (!reply.flag()) {
                throw InvalidRequest.of("until", "must be a time to come");
              }
              return reply.hasMore() ? started(maintenance, reply.integer()) : OFF;
            });
  }

  WatchedGroup<Maintenance> watched(RequestContext scope, String name) {
    RequestContext detached = scope.detached();
    String key = key(scope, name);
    return new WatchedGroup<>(ConfigKeys.hints(key), revision -> read(detached, key));
  }

  CompletionStage<Snapshot<Maintenance>> get(RequestContext scope, String name) {
    return read(scope, key(scope, name)).thenApply(reading -> Snapshot.of(null, reading));
  }

  /** What a copy says. */
  static Maintenance in(Snapshot<Maintenance> copy) {
    Entry<Maintenance> member = copy.member(MEMBER);
    return member == null ? OFF : member.value();
  }

  private CompletionStage<ReadResult<Maintenance>> read(RequestContext scope, String key) {
    return scripts
        .run(READ, scope, new String[] {key})
        .thenApply(reply -> ReadResult.of(reply, MaintenanceStore::decode));
  }

  private String key(RequestContext scope, String name) {
    return ConfigKeys.of(keyspace, scope.namespace(), name).maintenance();
  }

  private static Maintenance decode(String name, StoredRecord written) {
    try {
      return started(Maintenance.parseFrom(written.value()), written.millis());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a maintenance cannot be read", e);
    }
  }

  private static Maintenance started(Maintenance maintenance, long millis) {
    return maintenance.toBuilder().setStartTime(Timestamps.fromMillis(millis)).build();
  }
}
