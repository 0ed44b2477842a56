// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.analysis;

/**
 * One term of a text.
 *
 * @param text what is indexed: folded and, by an analyzer with a language, stemmed
 * @param word the folded word before it was stemmed
 * @param position which word of the text it is, from 0 on; stop words are counted
 * @param start where the word begins in the text, in chars
 * @param end where it ends
 */
public record Term(String text, String word, int position, int start, int end) {}
