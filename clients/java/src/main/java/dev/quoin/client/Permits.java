// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

/**
 * Permits of a semaphore that were granted to this process; all of them are renewed, lost and given
 * back together.
 *
 * <p>Being told of a loss is no protection against it: a process can be stopped for longer than its
 * lease and go on without knowing. Where more users than the limit would do harm, pass the {@link
 * #fence()} along, and have the fences of holders that are gone refused.
 */
public interface Permits extends Owned {
  /** How many. */
  int permits();
}
