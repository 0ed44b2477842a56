// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.observability;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads queries of Prometheus, as far as dashboard and alerts use them; throws {@link
 * IllegalArgumentException} on anything else. The grammar is that of the manual of Prometheus.
 */
final class PromQl {
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:([a-zA-Z_:][\\w:]*)|(\\d+(?:\\.\\d+)?(?:ms|[smhdwy])?)|(\"[^\"]*\"|\\$\\w+)"
              + "|(==|!=|=~|!~|>=|<=|[-+*/%^<>=(){}\\[\\],]))");
  private static final Set<String> AGGREGATIONS =
      Set.of("sum", "min", "max", "avg", "count", "topk", "bottomk");
  private static final Map<String, Integer> FUNCTIONS =
      Map.of(
          "rate",
          1,
          "increase",
          1,
          "delta",
          1,
          "histogram_quantile",
          2,
          "label_values",
          2,
          "clamp_min",
          2);
  private static final Set<String> OPERATORS =
      Set.of("==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "^", "<", ">", "and", "or", "unless");

  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Set<String>> selected = new TreeMap<>();
  private final Set<String> grouped = new TreeSet<>();
  private int at;

  private PromQl(String text) {
    Matcher token = TOKEN.matcher(text);
    int end = 0;
    while (end < text.length()) {
      if (text.substring(end).isBlank()) {
        break;
      }
      if (!token.find(end) || token.start() != end) {
        throw new IllegalArgumentException("cannot read " + text.substring(end));
      }
      tokens.add(token.group().trim());
      end = token.end();
    }
  }

  /**
   * What a query is about.
   *
   * @param selected labels that it selects by, by metric
   * @param grouped labels that it groups by
   */
  record Query(Map<String, Set<String>> selected, Set<String> grouped) {}

  static Query read(String text) {
    PromQl query = new PromQl(text);
    query.expression();
    if (query.at < query.tokens.size()) {
      throw new IllegalArgumentException("too much: " + query.peek());
    }
    return new Query(query.selected, query.grouped);
  }

  private String peek() {
    return at < tokens.size() ? tokens.get(at) : "";
  }

  private String next() {
    if (at == tokens.size()) {
      throw new IllegalArgumentException("it ends too soon");
    }
    return tokens.get(at++);
  }

  private boolean take(String token) {
    boolean is = peek().equals(token);
    at += is ? 1 : 0;
    return is;
  }

  private void need(String token) {
    if (!take(token)) {
      throw new IllegalArgumentException("'" + token + "' must be where '" + peek() + "' is");
    }
  }

  private void expression() {
    operand();
    while (OPERATORS.contains(peek())) {
      next();
      operand();
    }
  }

  private void operand() {
    if (take("(")) {
      expression();
      need(")");
      return;
    }
    String word = next();
    if (Character.isDigit(word.charAt(0))) {
      return;
    }
    if (AGGREGATIONS.contains(word)) {
      aggregation();
    } else if (peek().equals("(")) {
      call(word);
    } else {
      selector(word);
    }
  }

  private void aggregation() {
    if (take("by")) {
      need("(");
      do {
        grouped.add(next());
      } while (take(","));
      need(")");
    }
    need("(");
    do {
      expression();
    } while (take(","));
    need(")");
  }

  private void call(String function) {
    Integer arguments = FUNCTIONS.get(function);
    if (arguments == null) {
      throw new IllegalArgumentException("there is no function " + function);
    }
    need("(");
    for (int i = 0; i < arguments; i++) {
      if (i > 0) {
        need(",");
      }
      if (function.equals("label_values") && i == 1) {
        grouped.add(next());
      } else {
        expression();
      }
    }
    need(")");
  }

  private void selector(String metric) {
    if (!metric.matches("[a-zA-Z_:][\\w:]*")) {
      throw new IllegalArgumentException("not the name of a metric: " + metric);
    }
    Set<String> labels = selected.computeIfAbsent(metric, name -> new TreeSet<>());
    if (take("{")) {
      do {
        labels.add(next());
        if (!Set.of("=", "!=", "=~", "!~").contains(next())) {
          throw new IllegalArgumentException("a label of " + metric + " is compared with nothing");
        }
        if (!next().startsWith("\"")) {
          throw new IllegalArgumentException("a label of " + metric + " must equal a text");
        }
      } while (take(","));
      need("}");
    }
    if (take("[")) {
      if (!next().matches("\\d+(ms|[smhdwy])|\\$__rate_interval")) {
        throw new IllegalArgumentException("not a duration after " + metric);
      }
      need("]");
    }
  }
}
