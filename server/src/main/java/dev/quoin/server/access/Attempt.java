// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import io.grpc.Attributes;
import io.grpc.Metadata;

/** A call that somebody wants to make: which RPC, where, and what shows who it is. */
public final class Attempt {
  private final RpcMethod rpc;
  private final String namespace;
  private final Metadata headers;
  private final Attributes connection;
  private final Object basis;
  private volatile String principal = "";

  /**
   * @param connection attributes of the transport
   * @param basis stands for all that decides about it: another object once that has changed
   */
  Attempt(RpcMethod rpc, String namespace, Metadata headers, Attributes connection, Object basis) {
    this.rpc = rpc;
    this.namespace = namespace;
    this.headers = headers;
    this.connection = connection;
    this.basis = basis;
  }

  RpcMethod rpc() {
    return rpc;
  }

  String namespace() {
    return namespace;
  }

  Metadata headers() {
    return headers;
  }

  Attributes connection() {
    return connection;
  }

  Object basis() {
    return basis;
  }

  /** Who was found to make it, empty for nobody known. */
  String principal() {
    return principal;
  }

  void isOf(Principal found) {
    principal = found.name();
  }
}
