// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.rpc.Once;

/**
 * On what terms tasks are leased.
 *
 * @param leaseMillis for how long
 * @param once the identity of the request, by which they can be asked for again and given back
 */
record Terms(long leaseMillis, Once once) {}
