// SPDX-License-Identifier: Apache-2.0
/**
 * The service Search: full-text and faceted search over an inverted index in Redis. Scripts keep
 * the index, one document at a time and wholly; queries read blocks of postings and columns, of
 * which the server keeps those it used last, and are evaluated here, never in Redis. Docs: {@code
 * docs/decisions/020-queries-are-evaluated-over-cached-blocks.md}.
 */
package dev.quoin.server.search;
