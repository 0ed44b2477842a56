// SPDX-License-Identifier: Apache-2.0
/**
 * The service Semaphores: at most N permits at a time, weighted, each holder with a lease. The
 * lease engine of the kernel serves waiting callers in order. Limits can change while permits are
 * held, and holders can be revoked.
 */
package dev.quoin.server.semaphores;
