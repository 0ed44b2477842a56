// SPDX-License-Identifier: Apache-2.0
/**
 * Indexes of names, so that things can be listed. Each thing lives in a hash slot of its own; the
 * index of a feature lives in one slot per namespace, and calls update it now and then. A name
 * stays listed for a while after its last use.
 */
package dev.quoin.server.names;
