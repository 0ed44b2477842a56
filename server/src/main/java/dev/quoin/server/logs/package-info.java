// SPDX-License-Identifier: Apache-2.0
/**
 * The service Logs: the newest entries of named logs, the most common messages by the hour, and
 * live tails. Entries arrive by calls, by a stream, and by syslog over UDP and TCP. Tails resume
 * from a cursor.
 */
package dev.quoin.server.logs;
