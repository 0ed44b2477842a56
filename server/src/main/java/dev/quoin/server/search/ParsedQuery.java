// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.ParsedPart;
import dev.quoin.search.v1.QueryWarning;
import java.util.List;

/**
 * What the parser made of a query.
 *
 * @param parts the same for people, with the places they were written at
 */
record ParsedQuery(Node node, List<ParsedPart> parts, List<QueryWarning> warnings) {}
