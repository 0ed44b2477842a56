// SPDX-License-Identifier: Apache-2.0
/**
 * Streams published statuses to many listeners, each with a filter of their own. A server reads the
 * feed of a namespace once for all its streams and finds by an index of all filters which of them a
 * status concerns. Streams that lag or resume read the log themselves until they have caught up.
 */
package dev.quoin.server.feeds;
