// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.redis.RequestContext;
import java.util.concurrent.TimeUnit;

/**
 * What a call asks of a resource that is held by leases.
 *
 * @param scope for whom and until when
 * @param name of the resource
 * @param token a grant is held by it
 * @param keeper the call that gives the grant back when it ends: the token itself, unless the grant
 *     is taken over from an earlier call
 * @param leaseMillis how long it is held unless renewed, 0 for the resource's own lease
 * @param terms a word by which the feature says what is wanted
 * @param label what others see, may be empty
 * @param requestId id of the request, empty for none
 * @param group a word that tells apart the resources that are asked for together
 */
public record LeaseRequest(
    RequestContext scope,
    String name,
    String token,
    String keeper,
    long leaseMillis,
    String terms,
    String label,
    String requestId,
    String group) {
  private static final String NONE = "-";
  private static final long LONGEST_LEASE_MILLIS = TimeUnit.DAYS.toMillis(1);

  /** Asks for a grant of one resource, without a request id. */
  public static LeaseRequest of(
      RequestContext scope,
      String name,
      String token,
      long leaseMillis,
      String terms,
      String label) {
    return new LeaseRequest(scope, name, token, token, leaseMillis, terms, label, "", NONE);
  }

  public LeaseRequest withId(String newRequestId) {
    return new LeaseRequest(
        scope, name, token, keeper, leaseMillis, terms, label, newRequestId, group);
  }

  public LeaseRequest inGroup(String newGroup) {
    return new LeaseRequest(
        scope, name, token, keeper, leaseMillis, terms, label, requestId, newGroup);
  }

  /** Takes over the grant that another call has by the same token. */
  public LeaseRequest takenOver() {
    return new LeaseRequest(
        scope, name, token, Tokens.next(), leaseMillis, terms, label, requestId, group);
  }

  /** How long a grant may last unless it is renewed. */
  long longestLeaseMillis() {
    return leaseMillis == 0 ? LONGEST_LEASE_MILLIS : leaseMillis;
  }

  /** A request id as scripts take it: no id is a word that no id can be. */
  static String word(String requestId) {
    return requestId.isEmpty() ? NONE : "=" + requestId;
  }

  /** What must be the same when the request is repeated. */
  String body() {
    return leaseMillis + " " + terms + ' ' + group + ' ' + label;
  }

  /** How it is written in the queue. */
  String text(String server) {
    return server
        + ' '
        + keeper
        + ' '
        + leaseMillis
        + ' '
        + word(requestId)
        + ' '
        + terms
        + ' '
        + label;
  }
}
