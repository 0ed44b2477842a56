// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.List;

/**
 * Rows that share a server and a Redis of their own, so that no feature is measured on what another
 * one left behind: compiled code, heap, keys. Rows whose cost for the server is compared are in one
 * group, the null call among them.
 *
 * @param times how many rounds are made of each that is asked for
 */
record Group(int times, List<Row> rows) {}
