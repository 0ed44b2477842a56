// SPDX-License-Identifier: Apache-2.0
/** The Java client of Quoin; begin with {@link dev.quoin.client.Quoin}. */
package dev.quoin.client;
