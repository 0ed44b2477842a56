// SPDX-License-Identifier: Apache-2.0
/**
 * The service Locks: exclusive and shared locks with leases and fences. Fast scripts serve a lock
 * that is free, and the lease engine of the kernel does the rest. Several locks can be acquired in
 * one call; streams hold locks or watch them.
 */
package dev.quoin.server.locks;
