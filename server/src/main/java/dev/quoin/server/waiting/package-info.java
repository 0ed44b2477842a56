// SPDX-License-Identifier: Apache-2.0
/**
 * How callers get and keep what only some of them can have at a time. {@link
 * dev.quoin.server.waiting.Leases} acquires, renews and releases whatever is held by leases;
 * callers wait in Redis in order of arrival, and the script that frees a resource grants it to the
 * next one and sends its server a hint. A feature brings a {@link
 * dev.quoin.server.waiting.LeasedResource} and the Lua that reads and grants it.
 */
package dev.quoin.server.waiting;
