// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Value;
import dev.quoin.search.v1.Highlight;
import dev.quoin.server.analysis.Term;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Shows where the texts of hits match: their best places, and the matches in them. */
final class Highlighter {
  private static final int FRAGMENTS = 3;
  private static final int AROUND = 60;

  private final Node condition;

  Highlighter(Node condition) {
    this.condition = condition;
  }

  /** A piece of a text that matches. */
  private record Span(int start, int end) {}

  /** The highlight of a field; null when it does not match. */
  Highlight of(IndexField field, Value value) {
    Highlight.Builder highlight = Highlight.newBuilder().setField(field.name());
    for (String text : new FieldValues("stored").texts(field, value)) {
      addFragments(highlight, text, matches(field, text));
    }
    return highlight.getFragmentsCount() == 0 ? null : highlight.build();
  }

  private List<Span> matches(IndexField field, String text) {
    List<Term> terms = field.analyzer().terms(text);
    Map<String, List<Integer>> places = new HashMap<>();
    for (int i = 0; i < terms.size(); i++) {
      places.computeIfAbsent(terms.get(i).text(), term -> new ArrayList<>()).add(i);
    }
    Set<Integer> matching = new HashSet<>();
    collect(condition, field, new Text(terms, places), matching);
    List<Span> spans = new ArrayList<>();
    for (int i = 0; i < terms.size(); i++) {
      if (matching.contains(i)) {
        spans.add(new Span(terms.get(i).start(), terms.get(i).end()));
      }
    }
    return spans;
  }

  /** The terms of a text, and at which places each is among them. */
  private record Text(List<Term> terms, Map<String, List<Integer>> places) {}

  /** Finds which terms of a text a condition wants. */
  private static void collect(Node node, IndexField field, Text text, Set<Integer> matching) {
    if (node instanceof Node.Words words) {
      words.fields().stream()
          .filter(of -> of.field() == field)
          .forEach(of -> collect(of, text, matching));
    } else if (node instanceof Node.Prefix prefix && prefix.fields().contains(field)) {
      for (int i = 0; i < text.terms().size(); i++) {
        if (text.terms().get(i).word().startsWith(prefix.text())) {
          matching.add(i);
        }
      }
    } else if (node instanceof Node.All all) {
      all.required().forEach(part -> collect(part, field, text, matching));
    } else if (node instanceof Node.Any any) {
      any.parts().forEach(part -> collect(part, field, text, matching));
    }
  }

  private static void collect(Node.FieldTerms wanted, Text text, Set<Integer> matching) {
    List<Term> terms = text.terms();
    for (int i : text.places().getOrDefault(wanted.terms().get(0), List.of())) {
      List<Integer> phrase = new ArrayList<>();
      int base = terms.get(i).position() - wanted.offsets()[0];
      int at = i;
      for (int part = 0; part < wanted.offsets().length; part++) {
        int position = base + wanted.offsets()[part];
        while (at < terms.size() && terms.get(at).position() < position) {
          at++;
        }
        if (at < terms.size()
            && terms.get(at).position() == position
            && terms.get(at).text().equals(wanted.terms().get(part))) {
          phrase.add(at);
        }
      }
      if (phrase.size() == wanted.offsets().length) {
        matching.addAll(phrase);
      }
    }
  }

  private static void addFragments(Highlight.Builder highlight, String text, List<Span> spans) {
    for (int i = 0; i < spans.size() && highlight.getFragmentsCount() < FRAGMENTS; ) {
      int from = wordBegin(text, Math.max(0, spans.get(i).start() - AROUND));
      int last = i;
      while (last + 1 < spans.size() && spans.get(last + 1).start() - spans.get(i).end() < AROUND) {
        last++;
      }
      int to = wordEnd(text, Math.min(text.length(), spans.get(last).end() + AROUND));
      Highlight.Fragment.Builder fragment = highlight.addFragmentsBuilder();
      int at = from;
      for (; i <= last; i++) {
        add(fragment, text, at, spans.get(i).start(), false);
        add(fragment, text, spans.get(i).start(), spans.get(i).end(), true);
        at = spans.get(i).end();
      }
      add(fragment, text, at, to, false);
      while (i < spans.size() && spans.get(i).start() < to) {
        i++;
      }
    }
  }

  private static void add(
      Highlight.Fragment.Builder fragment, String text, int from, int to, boolean matched) {
    if (from < to) {
      fragment.addPartsBuilder().setText(text.substring(from, to)).setMatched(matched);
    }
  }

  /** The beginning of the word at a place, unless it is long. */
  private static int wordBegin(String text, int place) {
    int at = place;
    while (at > 0 && at > place - AROUND && !Character.isWhitespace(text.charAt(at - 1))) {
      at--;
    }
    return at > 0 && Character.isLowSurrogate(text.charAt(at)) ? at - 1 : at;
  }

  private static int wordEnd(String text, int place) {
    int at = place;
    while (at < text.length() && at < place + AROUND && !Character.isWhitespace(text.charAt(at))) {
      at++;
    }
    return at < text.length() && Character.isLowSurrogate(text.charAt(at)) ? at + 1 : at;
  }
}
