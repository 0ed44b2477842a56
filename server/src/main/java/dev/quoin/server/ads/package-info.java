// SPDX-License-Identifier: Apache-2.0
/**
 * The service AdServer: which ads a page shows, and what becomes of them. Each server ranks ads by
 * a copy of the catalogue in memory; one script decides among the best, with the money and the
 * frequency caps as they are at that moment. Events are counted by a script each, and what was
 * learned from them reaches the copies as numbered changes.
 */
package dev.quoin.server.ads;
