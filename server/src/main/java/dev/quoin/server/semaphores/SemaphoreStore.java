// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.LeasedResource;
import dev.quoin.server.waiting.Leases;
import dev.quoin.server.waiting.WaitQueues;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Permits in Redis: how they are held by leases. */
final class SemaphoreStore implements LeasedResource {
  private final Scripts scripts;
  private final Keyspace keyspace;
  private final ActiveNames names;
  private final Leases leases;

  SemaphoreStore(Scripts scripts, Keyspace keyspace, WaitQueues queues, ActiveNames names) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.names = names;
    this.leases = new Leases(scripts, queues, names, this);
  }

  /**
   * Asks for permits.
   *
   * @param limit of the semaphore in case it has none, 0 for none
   */
  static LeaseRequest request(
      RequestContext scope,
      String name,
      String token,
      int permits,
      int limit,
      long leaseMillis,
      String label) {
    String terms = Math.max(1, permits) + "/" + limit;
    return LeaseRequest.of(scope, name, token, leaseMillis, terms, label);
  }

  Scripts scripts() {
    return scripts;
  }

  /** The names of semaphores. */
  ActiveNames names() {
    return names;
  }

  Leases leases() {
    return leases;
  }

  SemaphoreKeys keyset(RequestContext scope, String name) {
    return SemaphoreKeys.of(keyspace, scope.namespace(), name);
  }

  @Override
  public String feature() {
    return "semaphores";
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

  /** A semaphore that nobody configured is remembered for a day after its last lease. */
  @Override
  public long memoryMillis() {
    return TimeUnit.DAYS.toMillis(1);
  }

  @Override
  public ErrorReason notHeld() {
    return ErrorReason.ERROR_REASON_SEMAPHORE_NOT_HELD;
  }

  @Override
  public ErrorReason revoked() {
    return ErrorReason.ERROR_REASON_SEMAPHORE_REVOKED;
  }

  @Override
  public String revokedText() {
    return "the permits were revoked";
  }

  @Override
  public CompletionStage<String> revocation(RequestContext scope, String name, String token) {
    String revoked = keyset(scope, name).revoked(SemaphoreKeys.idOf(token));
    return scripts
        .redis()
        .call(scope, commands -> commands.get(revoked), late -> {})
        .thenApply(word -> word == null ? null : new String(word, StandardCharsets.UTF_8));
  }
}
