// SPDX-License-Identifier: Apache-2.0
/** A server for the tests of programs that use Quoin. */
package dev.quoin.client.testing;
