// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.Configuration;
import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** The components of types in Redis. */
final class ConfigStore {
  private static final LuaScript SET = LuaScript.load("config/set");
  private static final LuaScript ROLLBACK = LuaScript.load("config/rollback");
  private static final LuaScript DELETE = LuaScript.load("config/delete");
  private static final LuaScript GET = LuaScript.load("config/get");
  private static final LuaScript EXISTS = LuaScript.load("config/exists");
  private static final LuaScript LIST = LuaScript.load("config/list");
  private static final LuaScript HISTORY = LuaScript.load("config/history");
  private static final LuaScript READ = LuaScript.load("config/read");
  private static final Duration MEMORY = Duration.ofDays(30);
  private static final int HISTORY_BYTES = 1 << 20;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final NameIndex types;

  /**
   * @param types where types are recorded that have components
   */
  ConfigStore(Scripts scripts, Keyspace keyspace, NameIndex types) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.types = types;
  }

  /**
   * What became of a change.
   *
   * @param made whether the component is as was asked for
   * @param version of the component, 0 when it does not exist
   * @param millis time of that version
   * @param present the component as it is when the change was not made; null if it does not exist
   */
  record Outcome(boolean made, long version, long millis, Configuration present) {}

  /** A component, null when it does not exist, at a time. */
  record Found(long millis, Configuration configuration) {}

  /** Components of a type at a time. */
  record Listed(long millis, long revision, List<Configuration> configurations) {}

  /** Versions of a component. */
  record Versions(boolean more, List<Configuration> configurations) {}

  CompletionStage<Outcome> set(RequestContext scope, Change change, byte[] value) {
    return types.record(scope, change.type(), run(SET, scope, change, value));
  }

  CompletionStage<Outcome> rollback(RequestContext scope, Change change, long version) {
    return types.record(scope, change.type(), run(ROLLBACK, scope, change, Long.toString(version)));
  }

  CompletionStage<Outcome> delete(RequestContext scope, Change change) {
    return run(DELETE, scope, change, MEMORY.toMillis());
  }

  private CompletionStage<Outcome> run(
      LuaScript script, RequestContext scope, Change change, Object what) {
    return scripts
        .run(
            script,
            scope,
            keys(scope, change.type()).change(change.component(), change.once().id()),
            change.component(),
            change.expectedVersion(),
            change.author(),
            what,
            change.once().digest())
        .thenApply(reply -> outcome(change.component(), reply));
  }

  CompletionStage<Found> get(RequestContext scope, String type, String component) {
    return scripts
        .run(GET, scope, new String[] {keys(scope, type).values()}, component)
        .thenApply(reply -> new Found(reply.integer(), decode(component, reply.bytes())))
        .thenCompose(
            found ->
                found.configuration() == null
                    ? CompletableFuture.completedStage(found)
                    : types.record(scope, type, CompletableFuture.completedStage(found)));
  }

  /** Whether a type has components. */
  CompletionStage<Boolean> exists(RequestContext scope, String type) {
    return scripts
        .run(EXISTS, scope, new String[] {keys(scope, type).type()[1]})
        .thenApply(Reply::flag);
  }

  /** Components in byte order, so many of them, from after one. */
  CompletionStage<Listed> list(
      RequestContext scope, String type, String prefix, String after, int count) {
    ConfigKeys keys = keys(scope, type);
    return scripts
        .run(
            LIST,
            scope,
            new String[] {keys.type()[0], keys.type()[1]},
            prefix,
            after,
            Integer.toString(count))
        .thenApply(
            reply -> {
              long millis = reply.integer();
              long revision = reply.integer();
              List<Configuration> found = new ArrayList<>();
              while (reply.hasMore()) {
                found.add(decode(reply.text(), reply.bytes()));
              }
              return new Listed(millis, revision, found);
            });
  }

  /** Versions of a component, so many of them, before one; the newest first. */
  CompletionStage<Versions> history(
      RequestContext scope, String type, String component, String before, int count) {
    return scripts
        .run(
            HISTORY,
            scope,
            new String[] {keys(scope, type).history(component)},
            before.isEmpty() ? "+inf" : before,
            count,
            HISTORY_BYTES)
        .thenApply(
            reply -> {
              boolean more = reply.flag();
              List<Configuration> versions = new ArrayList<>();
              while (reply.hasMore()) {
                versions.add(decode(component, reply.bytes()));
              }
              return new Versions(more, versions);
            });
  }

  WatchedGroup<Configuration> watched(RequestContext scope, String type) {
    RequestContext detached = scope.detached();
    ConfigKeys keys = keys(scope, type);
    String[] read = keys.type();
    return new WatchedGroup<>(
        ConfigKeys.hints(keys.values()),
        revision ->
            scripts
                .run(READ, detached, read, revision)
                .thenApply(reply -> ReadResult.of(reply, ConfigStore::decode)));
  }

  private ConfigKeys keys(RequestContext scope, String type) {
    return ConfigKeys.of(keyspace, scope.namespace(), type);
  }

  private static Outcome outcome(String component, Reply reply) {
    if (reply.flag()) {
      return new Outcome(true, reply.integer(), reply.integer(), null);
    }
    Configuration present = decode(component, reply.bytes());
    return present == null
        ? new Outcome(false, 0, 0, null)
        : new Outcome(
            false, present.getVersion(), Timestamps.toMillis(present.getUpdateTime()), present);
  }

  private static Configuration decode(String component, byte[] bytes) {
    return bytes.length == 0 ? null : decode(component, StoredRecord.of(bytes));
  }

  private static Configuration decode(String component, StoredRecord written) {
    Configuration.Builder configuration =
        Configuration.newBuilder()
            .setComponent(component)
            .setVersion(Math.abs(written.version()))
            .setUpdateTime(Timestamps.fromMillis(written.millis()))
            .setActor(written.word())
            .setDeletion(written.isGone());
    if (!written.isGone()) {
      try {
        configuration.setValue(Struct.parseFrom(written.value()));
      } catch (InvalidProtocolBufferException e) {
        throw new IllegalStateException("the value of " + component + " cannot be read", e);
      }
    }
    return configuration.build();
  }
}
