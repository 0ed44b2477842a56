// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.rpc.Once;

/**
 * A change of a component that somebody asks for.
 *
 * @param expectedVersion version it must have, "0" for none, empty for any
 * @param once the request for it
 */
record Change(String type, String component, String expectedVersion, String author, Once once) {}
