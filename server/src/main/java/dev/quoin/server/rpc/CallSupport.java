// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import dev.quoin.server.rpc.rules.Validation;
import java.util.function.Consumer;

/**
 * What serving any call takes.
 *
 * @param validation checks requests
 * @param failures hears of calls that failed
 * @param unread bounds what callers have not read
 * @param namespaces hears of the namespace of every request that keeps its rules
 */
record CallSupport(
    Validation validation,
    FailureLog failures,
    UnreadResponses unread,
    Consumer<String> namespaces) {}
