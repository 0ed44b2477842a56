// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.rpc.rules.Validation;
import java.util.function.Consumer;

/**
 * What serving any call takes.
 *
 * @param validation checks requests
 * @param failures hears of calls that failed
 * @param namespaces hears of the namespace of every request that keeps its rules
 */
record CallSupport(Validation validation, FailureLog failures, Consumer<String> namespaces) {}
