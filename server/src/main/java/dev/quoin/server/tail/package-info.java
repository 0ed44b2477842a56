// SPDX-License-Identifier: Apache-2.0
/**
 * One engine for streams that follow logs and resume without loss. A {@link
 * dev.quoin.server.tail.Tail} reads each log once per server; a {@link
 * dev.quoin.server.tail.Subscription} is one stream with a position in each of its logs, sealed
 * into a cursor. A feature brings a {@link dev.quoin.server.tail.LogSource} for each log.
 */
package dev.quoin.server.tail;
