// SPDX-License-Identifier: Apache-2.0
/**
 * Background work that one of several servers does for all. A {@link
 * dev.quoin.server.maintainers.Maintainer} runs bounded steps at a period while its server has the
 * lease for them. Tests can run a step at once.
 */
package dev.quoin.server.maintainers;
