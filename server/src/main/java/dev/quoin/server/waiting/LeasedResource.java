// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/**
 * What {@link Leases} has to know of a kind of resource. The rest of it stands in {@code
 * lua/<feature>/_state.lua} and {@code _resource.lua}; see {@code lua/lib/wait_queue.lua} and
 * {@code hand_over.lua} for what these define.
 */
public interface LeasedResource {
  /** The folder of its scripts. */
  String feature();

  /** The keys of a resource, in the order in which its fragments name them. */
  String[] keys(RequestContext scope, String name);

  /** The same and, for requests that have an id, the key that remembers it. */
  default String[] keys(RequestContext scope, String name, String requestId) {
    if (!requestId.isEmpty()) {
      throw new UnsupportedOperationException(feature() + " has no keys for request ids");
    }
    return keys(scope, name);
  }

  /** The channel of a server's hints is this and the server's name. */
  String hints(RequestContext scope, String name);

  /** How long a resource that nobody holds any more has to be listed. */
  default long memoryMillis() {
    return 0;
  }

  /** Why a token is refused that holds nothing. */
  ErrorReason notHeld();

  /** Why a token is refused whose grant was revoked; null where nothing can be revoked. */
  default ErrorReason revoked() {
    return null;
  }

  /** What has happened to the grant of such a token, a clause. */
  default String revokedText() {
    return "";
  }

  /** By whom and why the grant of a token was revoked, as it was written; null if it was not. */
  default CompletionStage<String> revocation(RequestContext scope, String name, String token) {
    return CompletableFuture.completedStage(null);
  }

  /**
   * Acquires in a quicker way than the script {@code acquire} if the request permits: the reply is
   * the same, or 2 when that script has to do it.
   *
   * @param late takes the reply when it comes after the caller was told that there is none
   * @return null when there is no quicker way
   */
  default CompletableFuture<Reply> acquireFast(LeaseRequest request, Consumer<Reply> late) {
    return null;
  }
}
