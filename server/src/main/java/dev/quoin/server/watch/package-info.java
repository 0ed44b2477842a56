// SPDX-License-Identifier: Apache-2.0
/**
 * One engine for streams that tell the latest state of something. A server subscribes to a thing
 * once and loads it once for each change, however many callers watch it; a slow caller is told only
 * the newest state. A feature brings a {@link dev.quoin.server.watch.Watched} (what to load) and a
 * {@link dev.quoin.server.watch.Reader} (what to tell).
 */
package dev.quoin.server.watch;
