// SPDX-License-Identifier: Apache-2.0
/**
 * Turns text into the terms it is found by. A {@link dev.quoin.server.analysis.TextAnalyzer} splits
 * by the rules of Unicode, folds case, drops stop words and stems words of a language. Every change
 * of what it returns raises its version, so that a feature knows which of its indexes are out of
 * date.
 */
package dev.quoin.server.analysis;
