// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/**
 * A lock that was granted to this process.
 *
 * <p>Being told of a loss is no protection against it: a process can be stopped for longer than its
 * lease and go on without knowing. Pass the {@link #fence()} to what the lock protects, and have it
 * refuse any fence smaller than the greatest it has seen.
 */
public interface Lock extends Owned {}
