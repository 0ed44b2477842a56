// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

/** Where and when entries were written: time in microseconds, place of the last one in its log. */
record Written(long micros, long position) {}
