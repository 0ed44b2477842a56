// SPDX-License-Identifier: Apache-2.0
/**
 * How Redis is reached, whether one server, Sentinels or a Cluster. {@link
 * dev.quoin.server.redis.Scripts} runs Lua with timeouts, bounds and metrics; {@link
 * dev.quoin.server.redis.PubSub} delivers hints. Commands in flight and in the queue are bounded,
 * and new work beyond the bounds is refused at once.
 */
package dev.quoin.server.redis;
