// SPDX-License-Identifier: Apache-2.0
/**
 * Checks requests by the protovalidate rules of the contract. {@link
 * dev.quoin.server.rpc.rules.FastRules} accepts most good requests without CEL; protovalidate
 * judges all others. A rule that the fast checks do not support only makes a request slower, never
 * wrong.
 */
package dev.quoin.server.rpc.rules;
