// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * How what a request was, or will be, granted is given back.
 *
 * @param lease how long it is held unless it is given back
 * @param call tells a server, within that time
 */
record GiveBack(Duration lease, Function<Duration, CompletableFuture<?>> call) {}
