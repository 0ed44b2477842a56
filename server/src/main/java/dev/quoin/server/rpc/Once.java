// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.MessageLite;

/**
 * The identity of a request that may be sent again: lua/lib/once.lua keeps the reply to the first
 * for 10 minutes and gives it again. A script takes the key of the id and the digest.
 *
 * @param id the caller's id for the request, empty for none
 * @param digest tells requests with the same id apart; empty when there is no id
 */
public record Once(String id, String digest) {
  /** A request without an id. */
  public static final Once NONE = new Once("", "");

  public static Once of(String id, MessageLite request) {
    return id.isEmpty() ? NONE : new Once(id, Fingerprint.of(Fingerprint.bytes(request)));
  }

  /** The same id, with more in the digest: for requests of several kinds that share their ids. */
  public static Once of(String id, String kind, MessageLite request) {
    Once plain = of(id, request);
    return plain == NONE ? NONE : new Once(id, kind + plain.digest());
  }
}
