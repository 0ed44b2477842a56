// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.ParsedPart;
import dev.quoin.search.v1.PartKind;
import dev.quoin.search.v1.QueryWarning;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Parses the query language; what it means stands in {@code search.proto}. */
final class QueryParser {
  private static final int MOST_PARTS = 1_024;
  private static final int DEEPEST = 16;
  private static final Pattern FIELD = Pattern.compile("([A-Za-z][A-Za-z0-9_-]*):");
  private static final Pattern RANGE =
      Pattern.compile(
          "\\s*(?:\"([^\"]*)\"|([^\\s\"\\[\\]{}]+))\\s+TO\\s+(?:\"([^\"]*)\"|([^\\s\"\\[\\]{}]+))\\s*([]}])");

  private final Conditions conditions;
  private final String text;
  private final Utf8Places places;
  private final Set<QueryWarning> warnings = new LinkedHashSet<>();
  private int at;
  private int count;

  private QueryParser(IndexDefinition index, String text) {
    this.text = text;
    this.places = new Utf8Places(text);
    this.conditions = new Conditions(index, problem -> wrong(at, problem));
  }

  /**
   * Parses a query.
   *
   * @throws InvalidRequest that names the place and what was expected there
   */
  static ParsedQuery parse(IndexDefinition index, String text) {
    return new QueryParser(index, text).whole();
  }

  /** One part of a query: what it means, null for nothing, and how it is shown. */
  private record Item(Node node, ParsedPart.Builder part) {}

  /** Words of which one has to occur. */
  private static final class Group {
    private final List<Item> items = new ArrayList<>();

    Node node() {
      return items.size() == 1
          ? items.get(0).node()
          : new Node.Any(items.stream().map(Item::node).toList());
    }

    ParsedPart part() {
      if (items.size() == 1) {
        return items.get(0).part().build();
      }
      ParsedPart.Builder all = ParsedPart.newBuilder().setPartKind(PartKind.PART_KIND_SYNONYMS);
      items.forEach(item -> all.addInnerParts(item.part()));
      return all.setExcluded(false)
          .setStart(all.getInnerParts(0).getStart())
          .setEnd(all.getInnerParts(items.size() - 1).getEnd())
          .build();
    }
  }

  private ParsedQuery whole() {
    List<ParsedPart> parts = new ArrayList<>();
    if (text.isBlank()) {
      throw wrong(0, "expected a word; * finds every document");
    }
    Node node = sequence(null, 0, 0, parts);
    if (at < text.length()) {
      throw wrong(at, "expected the end, found a ) without a (");
    }
    if (node == null) {
      warnings.add(QueryWarning.QUERY_WARNING_ONLY_STOP_WORDS);
      node = new Node.Nothing();
    }
    return new ParsedQuery(node, parts, List.copyOf(warnings));
  }

  /** Parts one after the other, up to the end or a closing parenthesis; null for nothing. */
  private Node sequence(IndexField field, int depth, int start, List<ParsedPart> parts) {
    List<Object> shown = new ArrayList<>();
    List<Group> groups = new ArrayList<>();
    List<Node> excluded = new ArrayList<>();
    boolean joins = false;
    boolean skipped = false;
    while (skipSpace() < text.length() && text.charAt(at) != ')') {
      int begin = at;
      char sign = sign();
      if (sign == ' ' && at > begin) {
        continue;
      }
      Item item = item(field, depth);
      item.part().setStart(bytes(begin)).setEnd(bytes(at)).setExcluded(sign == '-');
      if (item.node() == null) {
        skipped = true;
        joins &= sign != ' ';
        shown.add(item.part().setPartKind(PartKind.PART_KIND_SKIPPED).build());
      } else if (sign == '-') {
        excluded.add(item.node());
        shown.add(item.part().build());
      } else if (sign == '+' && joins) {
        groups.get(groups.size() - 1).items.add(item);
      } else {
        Group group = new Group();
        group.items.add(item);
        groups.add(group);
        shown.add(group);
        joins = true;
      }
    }
    shown.forEach(one -> parts.add(one instanceof Group g ? g.part() : (ParsedPart) one));
    if (groups.isEmpty() && !excluded.isEmpty() && !skipped) {
      throw wrong(start, "expected something wanted, found only exclusions; * -word is all others");
    }
    if (groups.isEmpty()) {
      return null;
    }
    List<Node> required = groups.stream().map(Group::node).toList();
    if (new Contradictions().isBetween(required, excluded)) {
      warnings.add(QueryWarning.QUERY_WARNING_CONTRADICTION);
    }
    return required.size() == 1 && excluded.isEmpty()
        ? required.get(0)
        : new Node.All(required, excluded);
  }

  /**
   * Takes a sign. One that touches nothing means nothing: it is taken, and ' ' is returned as for
   * no sign.
   */
  private char sign() {
    char sign = text.charAt(at);
    if (sign != '+' && sign != '-' || !isStart(at)) {
      return ' ';
    }
    int end = at;
    while (end < text.length() && (text.charAt(end) == '+' || text.charAt(end) == '-')) {
      end++;
    }
    boolean touches =
        end < text.length() && !isSpace(text.codePointAt(end)) && text.charAt(end) != ')';
    if (!touches) {
      at = end;
      return ' ';
    }
    if (end > at + 1) {
      throw wrong(at + 1, "expected a word after " + sign + ", found another sign");
    }
    at++;
    return sign;
  }

  /** Whether a word begins there: at the beginning, after a space or an open parenthesis. */
  private boolean isStart(int place) {
    return place == 0 || isSpace(text.codePointBefore(place)) || text.charAt(place - 1) == '(';
  }

  private Item item(IndexField field, int depth) {
    if (++count > MOST_PARTS) {
      throw wrong(at, "expected at most 1,024 parts");
    }
    Matcher named = FIELD.matcher(text).region(at, text.length());
    if (field == null && named.lookingAt()) {
      IndexField own = conditions.field(named.group(1));
      at = named.end();
      if (at == text.length() || isSpace(text.codePointAt(at)) || text.charAt(at) == ')') {
        throw wrong(at, "expected a value after " + own.name() + ':');
      }
      Item item = item(own, depth);
      item.part().setField(own.name());
      return item;
    }
    return switch (text.charAt(at)) {
      case '"' -> quoted(field);
      case '(' -> group(field, depth);
      case '[', '{' -> field == null ? word(null) : range(field);
      default -> word(field);
    };
  }

  private Item quoted(IndexField field) {
    int end = text.indexOf('"', at + 1);
    if (end < 0) {
      throw wrong(text.length(), "expected a \" that ends the phrase");
    }
    String phrase = text.substring(at + 1, end);
    Node node = phrase.isEmpty() ? null : conditions.value(field, phrase);
    at = end + 1;
    return new Item(node, shown(PartKind.PART_KIND_PHRASE, phrase, node));
  }

  private Item group(IndexField field, int depth) {
    int start = at;
    if (depth == DEEPEST) {
      throw wrong(at, "expected at most 16 levels of parentheses");
    }
    at++;
    List<ParsedPart> parts = new ArrayList<>();
    Node node = sequence(field, depth + 1, start, parts);
    if (at == text.length()) {
      throw wrong(at, "expected a ) for the ( at byte " + bytes(start));
    }
    at++;
    return new Item(
        node,
        shown(PartKind.PART_KIND_GROUP, text.substring(start, at), null).addAllInnerParts(parts));
  }

  private Item range(IndexField field) {
    int start = at;
    Matcher range = RANGE.matcher(text).region(at + 1, text.length());
    if (!range.lookingAt()) {
      throw wrong(at, "expected a range: [from TO to], with * for an open end");
    }
    String from = bound(range.group(1), range.group(2));
    String to = bound(range.group(3), range.group(4));
    Node node =
        conditions.range(field, from, to, text.charAt(at) == '{', range.group(5).equals("}"));
    at = range.end();
    return new Item(node, shown(PartKind.PART_KIND_RANGE, text.substring(start, at), null));
  }

  private static String bound(String quoted, String plain) {
    return quoted != null ? quoted : plain.equals("*") ? null : plain;
  }

  private Item word(IndexField field) {
    int start = at;
    int end = at;
    while (end < text.length()
        && !isSpace(text.codePointAt(end))
        && "\"()".indexOf(text.charAt(end)) < 0) {
      end++;
    }
    String word = text.substring(start, end);
    Item item;
    if (word.equals("*") && field == null) {
      item = new Item(new Node.Everything(), shown(PartKind.PART_KIND_EVERYTHING, word, null));
    } else if (word.endsWith("*") && word.length() > 1) {
      Node node = conditions.prefix(field, word.substring(0, word.length() - 1));
      item = new Item(node, shown(PartKind.PART_KIND_PREFIX, word, node));
    } else {
      Node node = conditions.value(field, word);
      boolean isValue = field != null && !field.isText();
      PartKind kind = isValue ? PartKind.PART_KIND_VALUE : PartKind.PART_KIND_WORD;
      item = new Item(node, shown(kind, word, node));
    }
    at = end;
    return item;
  }

  private static ParsedPart.Builder shown(PartKind kind, String text, Node node) {
    ParsedPart.Builder part = ParsedPart.newBuilder().setPartKind(kind).setText(text);
    if (node instanceof Node.Words words) {
      words.fields().stream()
          .flatMap(field -> field.terms().stream())
          .distinct()
          .forEach(part::addLookedFor);
    } else if (node instanceof Node.Prefix prefix) {
      part.addLookedFor(prefix.text() + '*');
    } else if (node instanceof Node.Tags tags) {
      part.addAllLookedFor(tags.values());
    }
    return part;
  }

  private int skipSpace() {
    while (at < text.length() && isSpace(text.codePointAt(at))) {
      at += Character.charCount(text.codePointAt(at));
    }
    return at;
  }

  private static boolean isSpace(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || Character.isISOControl(c);
  }

  /** A place in bytes of UTF-8. */
  private int bytes(int place) {
    return places.of(place);
  }

  private InvalidRequest wrong(int place, String expected) {
    return InvalidRequest.of("query", "at byte %d: %s".formatted(bytes(place), expected));
  }
}
