// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.Instance;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Fingerprint;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The instances of services in Redis. */
final class InstanceStore {
  private static final LuaScript ANNOUNCE = LuaScript.load("config/announce");
  private static final LuaScript LEAVE = LuaScript.load("config/leave");
  private static final LuaScript READ = LuaScript.load("config/instances");
  private static final int LIMIT = 1_000;

  /** What {@link #announce} answers when another keeper has the instance. */
  static final long REPLACED = -1;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final NameIndex services;

  /**
   * @param services where services are recorded that instances are announced for
   */
  InstanceStore(Scripts scripts, Keyspace keyspace, NameIndex services) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.services = services;
  }

  /**
   * What is to be announced.
   *
   * @param keeper the Announce that does it
   */
  record Announced(
      RequestContext scope,
      String service,
      String instance,
      String keeper,
      long leaseMillis,
      byte[] value) {

    static Announced of(
        RequestContext scope, String service, String keeper, long leaseMillis, Instance instance) {
      Instance value = instance.toBuilder().clearInstance().build();
      return new Announced(
          scope.detached(),
          service,
          instance.getInstance(),
          keeper,
          leaseMillis,
          Fingerprint.bytes(value));
    }
  }

  /**
   * Makes an instance known or renews its lease.
   *
   * @param takes whether it is taken over from another keeper
   * @return the end of the lease in ms, or {@link #REPLACED}
   */
  CompletionStage<Long> announce(Announced what, boolean takes) {
    CompletableFuture<Reply> announced =
        scripts.run(
            ANNOUNCE,
            what.scope(),
            keys(what.scope(), what.service()).service(),
            what.instance(),
            what.keeper(),
            what.leaseMillis(),
            takes ? 1 : 0,
            what.value(),
            LIMIT);
    return services
        .record(what.scope(), what.service(), announced)
        .thenApply(reply -> reply.flag() ? reply.integer() : REPLACED);
  }

  /** Takes an instance out if its keeper still has it. */
  CompletionStage<Reply> leave(Announced what) {
    return scripts.run(
        LEAVE,
        what.scope(),
        keys(what.scope(), what.service()).service(),
        what.instance(),
        what.keeper());
  }

  CompletionStage<Snapshot<Instance>> get(RequestContext scope, String service) {
    return read(scope, keys(scope, service), "").thenApply(reading -> Snapshot.of(null, reading));
  }

  WatchedGroup<Instance> watched(RequestContext scope, String service) {
    RequestContext detached = scope.detached();
    ConfigKeys keys = keys(scope, service);
    return new WatchedGroup<>(
        ConfigKeys.hints(keys.service()[0]), revision -> read(detached, keys, revision));
  }

  private CompletionStage<ReadResult<Instance>> read(
      RequestContext scope, ConfigKeys keys, String revision) {
    return scripts
        .run(READ, scope, keys.service(), revision)
        .thenApply(reply -> ReadResult.of(reply, InstanceStore::decode));
  }

  private ConfigKeys keys(RequestContext scope, String service) {
    return ConfigKeys.of(keyspace, scope.namespace(), service);
  }

  private static Instance decode(String instance, StoredRecord written) {
    try {
      return Instance.parseFrom(written.value()).toBuilder()
          .setInstance(instance)
          .setVersion(written.version())
          .setUpdateTime(Timestamps.fromMillis(written.millis()))
          .build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("instance " + instance + " cannot be read", e);
    }
  }
}
