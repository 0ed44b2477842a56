// SPDX-License-Identifier: Apache-2.0
/**
 * How gRPC is served. {@link dev.quoin.server.rpc.Rpc} binds RPCs in a table, checks requests by
 * the rules of the contract and turns failures into statuses; {@link dev.quoin.server.rpc.Call} is
 * one call, and {@link dev.quoin.server.rpc.ResponseStream} sends what a stream has to say. Limits
 * on connections and on incomplete requests apply before gRPC sees a request.
 */
package dev.quoin.server.rpc;
