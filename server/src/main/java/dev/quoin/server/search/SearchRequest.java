// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.QueryWarning;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Fingerprint;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * What a query asks for, checked against the index.
 *
 * @param root the condition, without those that facets leave out
 * @param optional conditions that a disjunctive facet leaves out, in the order of facets; null
 *     where it has none
 * @param whole the condition with all its parts
 */
record SearchRequest(
    IndexDefinition index,
    QueryRequest asked,
    Node whole,
    Node root,
    List<Node> optional,
    Ranking ranking,
    List<FacetCounter.FacetOf> facets,
    List<IndexField> highlighted,
    Set<QueryWarning> warnings) {
  private static final long USUAL_COST = 20_000_000;
  private static final long USUAL_MILLIS = 5_000;

  static SearchRequest of(IndexDefinition index, QueryRequest asked) {
    Set<QueryWarning> warnings = new LinkedHashSet<>();
    Node whole = condition(index, asked, warnings);
    List<FacetCounter.FacetOf> facets = FacetCounter.all(index, asked.getFacetsList());
    List<Node> rest = new ArrayList<>();
    List<Node> excluded = new ArrayList<>();
    List<List<Node>> left = new ArrayList<>();
    facets.forEach(facet -> left.add(new ArrayList<>()));
    split(whole, facets, left, rest, excluded);
    Node root =
        rest.size() == 1 && excluded.isEmpty()
            ? rest.get(0)
            : new Node.All(rest.isEmpty() ? List.of(new Node.Everything()) : rest, excluded);
    List<Node> optional = new ArrayList<>();
    left.forEach(nodes -> optional.add(nodes.isEmpty() ? null : new Node.All(nodes, List.of())));
    return new SearchRequest(
        index,
        asked,
        whole,
        root,
        optional,
        Ranking.of(index, asked),
        facets,
        highlighted(index, asked),
        warnings);
  }

  private static Node condition(
      IndexDefinition index, QueryRequest asked, Set<QueryWarning> warnings) {
    if (asked.getQuery().isBlank() && asked.getClausesCount() == 0) {
      throw InvalidRequest.of("query", "must have a word, or there must be clauses; * finds all");
    }
    List<Node> both = new ArrayList<>();
    if (!asked.getQuery().isBlank()) {
      ParsedQuery parsed = QueryParser.parse(index, asked.getQuery());
      warnings.addAll(parsed.warnings());
      both.add(parsed.node());
    }
    if (asked.getClausesCount() > 0) {
      Node clauses = new ClauseReader(index, warnings).all(asked.getClausesList(), "clauses");
      both.add(clauses == null ? new Node.Nothing() : clauses);
    }
    return both.size() == 1 ? both.get(0) : new Node.All(both, List.of());
  }

  /** Sorts the conditions at the top by whether a disjunctive facet leaves them out. */
  private static void split(
      Node node,
      List<FacetCounter.FacetOf> facets,
      List<List<Node>> left,
      List<Node> rest,
      List<Node> excluded) {
    if (node instanceof Node.All all) {
      all.required().forEach(part -> split(part, facets, left, rest, excluded));
      excluded.addAll(all.excluded());
      return;
    }
    IndexField field = node.attribute();
    for (int i = 0; i < facets.size(); i++) {
      if (facets.get(i).isDisjunctive() && facets.get(i).field() == field) {
        left.get(i).add(node);
        return;
      }
    }
    rest.add(node);
  }

  private static List<IndexField> highlighted(IndexDefinition index, QueryRequest asked) {
    List<IndexField> fields = new ArrayList<>();
    for (int i = 0; i < asked.getHighlightCount(); i++) {
      String where = "highlight[" + i + "]";
      IndexField field = index.field(asked.getHighlight(i), where);
      if (!field.isText()) {
        throw InvalidRequest.of(where, "must be a TEXT, not " + field.typeWord());
      }
      fields.add(field);
    }
    for (int i = 0; i < asked.getReturnFieldsCount(); i++) {
      index.field(asked.getReturnFields(i), "return_fields[" + i + "]");
    }
    return fields;
  }

  long mostCost() {
    return asked.getMaxCost() == 0 ? USUAL_COST : asked.getMaxCost();
  }

  /** How long it may take. */
  long nanos(io.grpc.Deadline deadline) {
    long millis =
        asked.hasTimeout()
            ? com.google.protobuf.util.Durations.toMillis(asked.getTimeout())
            : USUAL_MILLIS;
    long nanos = TimeUnit.MILLISECONDS.toNanos(Math.max(1, millis));
    if (deadline == null) {
      return nanos;
    }
    // A part of it is for the answer.
    return Math.max(1, Math.min(nanos, deadline.timeRemaining(TimeUnit.NANOSECONDS) * 9 / 10));
  }

  /** Everything that decides which hits there are, and in which order. */
  Object[] identity() {
    QueryRequest plain =
        asked.toBuilder()
            .clearFacets()
            .clearHighlight()
            .clearExplain()
            .clearReturnFields()
            .clearPageSize()
            .clearPageToken()
            .clearReadPreference()
            .clearTimeout()
            .clearMaxCost()
            .clearRefuseExpensive()
            .build();
    return new Object[] {index.id(), index.revision(), Fingerprint.of(Fingerprint.bytes(plain))};
  }
}
