// SPDX-License-Identifier: Apache-2.0
/**
 * The Redis that Quoin starts itself when no other is configured. It is a child process on loopback
 * with a random password and an append-only file in a folder of its own. It ends with the server
 * and is started again when it dies.
 */
package dev.quoin.server.embedded;
