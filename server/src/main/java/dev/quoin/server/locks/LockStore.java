// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.LeasedResource;
import dev.quoin.server.waiting.Leases;
import dev.quoin.server.waiting.Revocation;
import dev.quoin.server.waiting.WaitQueues;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Locks in Redis: how they are held by leases, and how they are revoked. */
final class LockStore implements LeasedResource {
  private static final LuaScript ACQUIRE_FAST = LuaScript.load("locks/acquire_fast");
  private static final LuaScript REVOKE = LuaScript.load("locks/revoke");

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final ActiveNames names;
  private final Leases leases;

  LockStore(Scripts scripts, Keyspace keyspace, WaitQueues queues, ActiveNames names) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.names = names;
    this.leases = new Leases(scripts, queues, names, this);
  }

  Scripts scripts() {
    return scripts;
  }

  /** The names of locks that may be in use. */
  ActiveNames names() {
    return names;
  }

  Leases leases() {
    return leases;
  }

  LockKeys keyset(RequestContext scope, String name) {
    return LockKeys.of(keyspace, scope.namespace(), name);
  }

  @Override
  public String feature() {
    return "locks";
  }

  @Override
  public String[] keys(RequestContext scope, String name) {
    return keyset(scope, name).all();
  }

  @Override
  public String[] keys(RequestContext scope, String name, String requestId) {
    return keyset(scope, name).withRequest(requestId);
  }

  @Override
  public String hints(RequestContext scope, String name) {
    return keyset(scope, name).hints();
  }

  @Override
  public ErrorReason notHeld() {
    return ErrorReason.ERROR_REASON_LOCK_NOT_HELD;
  }

  @Override
  public ErrorReason revoked() {
    return ErrorReason.ERROR_REASON_LOCK_REVOKED;
  }

  @Override
  public String revokedText() {
    return "the lock was revoked";
  }

  /** What is written is the time until which it is remembered, a space, by whom and why. */
  @Override
  public CompletionStage<String> revocation(RequestContext scope, String name, String token) {
    String revoked = keyset(scope, name).revoked();
    return scripts
        .redis()
        .call(scope, commands -> commands.hget(revoked, token), late -> {})
        .thenApply(
            memory ->
                memory == null
                    ? null
                    : new String(memory, StandardCharsets.UTF_8).split(" ", 2)[1]);
  }

  /** Exclusive requests without an id need three keys only. */
  @Override
  public CompletableFuture<Reply> acquireFast(LeaseRequest request, Consumer<Reply> late) {
    if (LockRequest.isShared(request) || !request.requestId().isEmpty()) {
      return null;
    }
    return scripts.run(
        ACQUIRE_FAST,
        request.scope(),
        keyset(request.scope(), request.name()).free(),
        late,
        request.token(),
        request.leaseMillis(),
        request.label());
  }

  /**
   * What a revocation did.
   *
   * @param done whether anything was revoked
   * @param label of the holder
   * @param readers how many readers it was taken from
   */
  record Revoked(boolean done, String label, long fence, long readers) {}

  /**
   * Takes the lock from its holders.
   *
   * @param fence the newest fence, or 0 for any
   */
  CompletionStage<Revoked> revoke(RequestContext scope, String name, Revocation why, long fence) {
    return scripts
        .run(REVOKE, scope, keyset(scope, name).withRevoked(), why.word(), fence)
        .thenApply(
            reply -> {
              if (!reply.flag()) {
                return new Revoked(false, "", 0, 0);
              }
              leases.handOver(scope, name, reply.flag());
              return new Revoked(true, reply.text(), reply.integer(), reply.integer());
            });
  }
}
