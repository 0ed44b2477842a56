// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a query has to read of every partition, and the matchers that find its documents there. */
final class QueryPlan {
  private static final int MOST_TERMS = 4_096;
  private static final int MOST_PREFIXED = 128;
  private static final int WORDS_OF_A_PREFIX = 1_024;
  private static final int WORDS_OF_ALL_PREFIXES = 2_048;

  private final Node root;
  private final Set<String> terms = new LinkedHashSet<>();
  private final Set<String> sums = new TreeSet<>();
  private final Set<String> counted = new TreeSet<>();
  private final Set<Node.Prefix> prefixes = new LinkedHashSet<>();

  /** Words that begin as prefixes do, by prefix and field, in the order of their bytes. */
  static final class Expansions {
    private record Place(Node.Prefix prefix, IndexField field) {}

    private final Map<Place, TreeSet<String>> words = new HashMap<>();

    synchronized void add(Node.Prefix prefix, IndexField field, Collection<String> found) {
      words
          .computeIfAbsent(
              new Place(prefix, field),
              place -> new TreeSet<>(Comparator.comparing(Bytes::utf8, Arrays::compareUnsigned)))
          .addAll(found);
    }

    void addAll(Expansions others) {
      others.words.forEach((place, found) -> add(place.prefix(), place.field(), found));
    }

    /** Leaves only so many words of each prefix and field; whether there were more. */
    boolean cut(int most) {
      boolean cut = false;
      for (TreeSet<String> found : words.values()) {
        cut |= found.size() > most;
        while (found.size() > most) {
          found.pollLast();
        }
      }
      return cut;
    }

    private Collection<String> of(Node.Prefix prefix, IndexField field) {
      TreeSet<String> found = words.get(new Place(prefix, field));
      return found == null ? List.of() : found;
    }
  }

  /**
   * @throws InvalidRequest when there is more to read than one query may
   */
  QueryPlan(Node root) {
    this.root = root;
    collect(root);
    if (terms.size() > MOST_TERMS) {
      throw InvalidRequest.of(
          "query",
          "must look for at most 4,096 terms, not %,d: a word counts once for each TEXT field it may be in"
              .formatted(terms.size()));
    }
    if (prefixed() > MOST_PREFIXED) {
      throw InvalidRequest.of(
          "query",
          "must have at most 128 prefixes, not %,d: each counts once for each field it may be in"
              .formatted(prefixed()));
    }
  }

  private int prefixed() {
    return prefixes.stream().mapToInt(prefix -> prefix.fields().size()).sum();
  }

  /** For so many words of a field a prefix stands at most. */
  int wordsOfAPrefix() {
    return Math.min(WORDS_OF_A_PREFIX, WORDS_OF_ALL_PREFIXES / Math.max(1, prefixed()));
  }

  private void collect(Node node) {
    if (node instanceof Node.Words words) {
      for (Node.FieldTerms field : words.fields()) {
        terms.addAll(field.keys());
        counted.addAll(field.keys());
        sums.add("n" + field.field().number());
        sums.add("l" + field.field().number());
      }
    } else if (node instanceof Node.Prefix prefix) {
      prefixes.add(prefix);
    } else if (node instanceof Node.Tags tags) {
      tags.values().forEach(value -> terms.add(tags.field().tag(value)));
    } else if (node instanceof Node.All all) {
      all.required().forEach(this::collect);
      all.excluded().forEach(this::collect);
    } else if (node instanceof Node.Any any) {
      any.parts().forEach(this::collect);
    }
  }

  /** The prefixes there are, each once. */
  List<Node.Prefix> prefixes() {
    return List.copyOf(prefixes);
  }

  /** The terms to read, with those that prefixes stand for. */
  List<String> terms(Expansions expansions) {
    Set<String> all = new LinkedHashSet<>(terms);
    for (Node.Prefix prefix : prefixes) {
      for (IndexField field : prefix.fields()) {
        expansions.of(prefix, field).forEach(word -> all.addAll(written(field, word)));
      }
    }
    return List.copyOf(all);
  }

  /** The terms under which a word is found as it was written. */
  private static List<String> written(IndexField field, String word) {
    if (field.isTag()) {
      return List.of(field.tag(word));
    }
    return field.analyzer().stems()
        ? List.of(field.term(word), field.surface(word))
        : List.of(field.term(word));
  }

  /** The sums to read. */
  List<String> sums() {
    List<String> all = new ArrayList<>(List.of("next", "documents"));
    all.addAll(sums);
    return all;
  }

  /** What statistics are about, in order. */
  Set<String> counted() {
    Set<String> all = new TreeSet<>(counted);
    all.addAll(sums);
    return all;
  }

  boolean isSum(String name) {
    return sums.contains(name);
  }

  /** About how much the query will cost in a partition. */
  long estimate(PartitionView view, Expansions expansions) {
    long cost = 0;
    for (String term : terms(expansions)) {
      Postings postings = view.term(term);
      cost += postings == null ? 0 : postings.count;
    }
    return scans(root) ? cost + view.sum("documents") : cost;
  }

  /** Whether every document has to be looked at. */
  private static boolean scans(Node node) {
    if (node instanceof Node.All all) {
      return all.required().stream().allMatch(QueryPlan::scans);
    } else if (node instanceof Node.Any any) {
      return any.parts().stream().anyMatch(QueryPlan::scans);
    }
    return node instanceof Node.Numbers
        || node instanceof Node.Strings
        || node instanceof Node.StringPrefix
        || node instanceof Node.Everything;
  }

  /** Makes the matchers of one partition. */
  record Build(PartitionView view, Statistics statistics, Expansions expansions) {

    Matcher of(Node node) {
      if (node instanceof Node.Words words) {
        return any(words.fields().stream().map(this::terms).toList());
      } else if (node instanceof Node.Prefix prefix) {
        return any(prefix.fields().stream().map(field -> prefixed(prefix, field)).toList());
      } else if (node instanceof Node.Tags tags) {
        return any(tags.values().stream().map(value -> tag(tags.field(), value)).toList());
      } else if (node instanceof Node.Numbers numbers) {
        return new ColumnMatcher(
            view,
            numbers.field().number(),
            Columns.Kind.NUMBER,
            (block, slot) -> numbers.contains(block.number(slot)));
      } else if (node instanceof Node.Strings strings) {
        return strings(strings.field(), (block, slot) -> contains(strings, block, slot));
      } else if (node instanceof Node.StringPrefix prefix) {
        return strings(
            prefix.field(),
            (block, slot) -> block.has(slot) && startsWith(block.bytes(slot, 1), prefix.text()));
      } else if (node instanceof Node.All all) {
        return all(
            all.required().stream().map(this::of).toList(),
            all.excluded().stream().map(this::of).toList());
      } else if (node instanceof Node.Any any) {
        return any(any.parts().stream().map(this::of).toList());
      } else if (node instanceof Node.Everything) {
        return ColumnMatcher.everything(view);
      }
      return new Matcher.None();
    }

    Matcher all(List<Matcher> required, List<Matcher> excluded) {
      return new GroupMatchers.All(required, excluded, ColumnMatcher.everything(view));
    }

    private static Matcher any(List<Matcher> all) {
      return all.size() == 1 ? all.get(0) : new GroupMatchers.Any(all);
    }

    private Matcher terms(Node.FieldTerms terms) {
      Bm25 scoring = statistics.scoring(terms);
      return terms.isPhrase()
          ? new TermMatchers.Phrase(
              view, terms.keys(), terms.offsets(), scoring, terms.field().name(), terms.text())
          : new TermMatchers.One(
              view, terms.keys().get(0), scoring, terms.field().name(), terms.text());
    }

    private Matcher tag(IndexField field, String value) {
      return new TermMatchers.One(view, field.tag(value), null, field.name(), value);
    }

    private Matcher prefixed(Node.Prefix prefix, IndexField field) {
      List<Matcher> written = new ArrayList<>();
      for (String word : expansions.of(prefix, field)) {
        for (String term : QueryPlan.written(field, word)) {
          written.add(new TermMatchers.AsWritten(view, term));
        }
      }
      return new TermMatchers.Constant(
          new UnionMatcher(written),
          field.isTag() ? 0 : field.weight(),
          field.name(),
          prefix.text() + '*');
    }

    private Matcher strings(IndexField field, ColumnMatcher.Test test) {
      return new ColumnMatcher(view, field.number(), Columns.Kind.TEXT, test);
    }

    private static boolean contains(Node.Strings strings, Columns.Block block, int slot) {
      return block.has(slot)
          && strings.contains(
              strings.from() == null ? 0 : block.compare(slot, 1, strings.from()),
              strings.to() == null ? 0 : block.compare(slot, 1, strings.to()));
    }

    private static boolean startsWith(byte[] text, byte[] prefix) {
      return text.length >= prefix.length
          && java.util.Arrays.equals(text, 0, prefix.length, prefix, 0, prefix.length);
    }
  }
}
