// SPDX-License-Identifier: Apache-2.0
/**
 * Who calls, and what they may do. {@link dev.quoin.server.access.Access} is asked about every call
 * before its request is read: it finds the {@link dev.quoin.server.access.Principal} by a token, a
 * JWT or the certificate of the connection, and what the {@link dev.quoin.server.access.Policy}
 * allows it. All of it comes from files that are read again when they change.
 */
package dev.quoin.server.access;
