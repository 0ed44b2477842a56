// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Value;
import com.google.protobuf.Value.KindCase;
import dev.quoin.search.v1.Clause;
import dev.quoin.search.v1.QueryWarning;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Makes conditions out of typed clauses. */
final class ClauseReader {
  private static final int MOST_PARTS = 1_024;
  private static final int DEEPEST = 16;

  private final Conditions conditions;
  private final Set<QueryWarning> warnings;
  private int count;

  /**
   * @param warnings what is odd is added there
   */
  ClauseReader(IndexDefinition index, Set<QueryWarning> warnings) {
    this.conditions = new Conditions(index, problem -> InvalidRequest.of("clauses", problem));
    this.warnings = warnings;
  }

  /** Clauses of which all have to be met. */
  Node all(List<Clause> clauses, String where) {
    return all(clauses, where, 0);
  }

  private Node all(List<Clause> clauses, String where, int depth) {
    List<Node> required = new ArrayList<>();
    List<Node> excluded = new ArrayList<>();
    boolean wanted = false;
    for (int i = 0; i < clauses.size(); i++) {
      Clause clause = clauses.get(i);
      String place = "%s[%d]".formatted(where, i);
      if (clause.getConditionCase() == Clause.ConditionCase.NOT) {
        Node node = node(clause.getNot(), place + ".not", depth + 1);
        if (node != null) {
          excluded.add(node);
        }
      } else {
        wanted = true;
        Node node = node(clause, place, depth + 1);
        if (node != null) {
          required.add(node);
        }
      }
    }
    if (!wanted && !clauses.isEmpty()) {
      throw InvalidRequest.of(
          where, "must have something wanted, not only exclusions; `everything` finds all others");
    }
    return required.isEmpty() ? null : new Node.All(required, excluded);
  }

  /** What a clause means; null for nothing but stop words. */
  private Node node(Clause clause, String where, int depth) {
    count(1, where);
    if (depth > DEEPEST) {
      throw InvalidRequest.of("clauses", "must not be nested more than 16 levels deep");
    }
    Conditions here = conditions.at(problem -> InvalidRequest.of(where, problem));
    return switch (clause.getConditionCase()) {
      case WORDS -> words(clause.getWords(), here, where);
      case PREFIXED -> prefix(clause.getPrefixed(), here);
      case TAGS -> {
        IndexField field = here.field(clause.getTags().getField());
        if (!field.isTag()) {
          throw InvalidRequest.of(
              where, "the field \"%s\" is no TAG but %s".formatted(field.name(), field.typeWord()));
        }
        count(clause.getTags().getTagValuesCount() - 1, where);
        yield new Node.Tags(field, clause.getTags().getTagValuesList());
      }
      case RANGE -> range(clause.getRange(), here, where);
      case ALL -> all(clause.getAll().getClausesList(), where + ".all.clauses", depth);
      case ANY -> any(clause.getAny().getClausesList(), where + ".any.clauses", depth);
      case NOT -> throw InvalidRequest.of(where, "an exclusion cannot be excluded");
      case EVERYTHING -> new Node.Everything();
      default -> throw InvalidRequest.of(where, "must have a condition");
    };
  }

  private Node any(List<Clause> clauses, String where, int depth) {
    List<Node> parts = new ArrayList<>();
    for (int i = 0; i < clauses.size(); i++) {
      String place = "%s[%d]".formatted(where, i);
      if (clauses.get(i).getConditionCase() == Clause.ConditionCase.NOT) {
        throw InvalidRequest.of(place, "an exclusion cannot be an alternative; put it into `all`");
      }
      Node node = node(clauses.get(i), place, depth + 1);
      if (node != null) {
        parts.add(node);
      }
    }
    return parts.isEmpty() ? null : parts.size() == 1 ? parts.get(0) : new Node.Any(parts);
  }

  private Node prefix(Clause.Prefix prefixed, Conditions here) {
    Node prefix = here.prefix(here.field(prefixed.getField()), prefixed.getText());
    if (prefix == null) {
      warnings.add(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
    }
    return prefix;
  }

  private Node words(Clause.Words words, Conditions here, String where) {
    IndexField field = here.field(words.getField());
    if (field != null && !field.isText()) {
      throw InvalidRequest.of(
          where, "the field \"%s\" is no TEXT but %s".formatted(field.name(), field.typeWord()));
    }
    if (words.getWordMode() == Clause.WordMode.WORD_MODE_PHRASE) {
      return phrase(here.words(field, words.getText()), where);
    }
    List<Node> each = here.eachWord(field, words.getText());
    count(each.size(), where);
    if (each.isEmpty()) {
      warnings.add(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
      return null;
    }
    if (each.size() == 1) {
      return each.get(0);
    }
    return words.getWordMode() == Clause.WordMode.WORD_MODE_ANY
        ? new Node.Any(each)
        : new Node.All(each, List.of());
  }

  private Node phrase(Node phrase, String where) {
    if (phrase == null) {
      warnings.add(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
    } else if (phrase instanceof Node.Words words) {
      count(words.fields().get(0).terms().size() - 1, where);
    }
    return phrase;
  }

  private void count(int parts, String where) {
    count += parts;
    if (count > MOST_PARTS) {
      throw InvalidRequest.of(where, "is one of more than 1,024 parts");
    }
  }

  private static Node range(Clause.Range range, Conditions here, String where) {
    IndexField field = here.field(range.getField());
    checkExcluded(range.getLowestExcluded(), range.hasLowest(), where + ".range.lowest");
    checkExcluded(range.getHighestExcluded(), range.hasHighest(), where + ".range.highest");
    return here.range(
        field,
        range.hasLowest() ? bound(field, range.getLowest(), where + ".range.lowest") : null,
        range.hasHighest() ? bound(field, range.getHighest(), where + ".range.highest") : null,
        range.getLowestExcluded(),
        range.getHighestExcluded());
  }

  private static void checkExcluded(boolean excluded, boolean isSet, String bound) {
    if (excluded && !isSet) {
      throw InvalidRequest.of(bound + "_excluded", "needs the bound that it excludes");
    }
  }

  private static String bound(IndexField field, Value value, String where) {
    KindCase wanted = field.isNumber() ? KindCase.NUMBER_VALUE : KindCase.STRING_VALUE;
    if (value.getKindCase() != wanted) {
      throw InvalidRequest.of(where, field.isNumber() ? "must be a number" : "must be a text");
    }
    if (field.isNumber() && !Double.isFinite(value.getNumberValue())) {
      throw InvalidRequest.of(where, "must be a finite number");
    }
    return field.isNumber() ? String.valueOf(value.getNumberValue()) : value.getStringValue();
  }
}
