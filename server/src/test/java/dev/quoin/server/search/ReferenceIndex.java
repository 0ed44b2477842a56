// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.lucene.util.SmallFloat;

/**
 * What Search has to answer, computed the plainest way: by looking at every document. Fields: title
 * (standard), body (english), kind (tags), votes (number), by (string).
 */
final class ReferenceIndex {
  private static final TextAnalyzer STANDARD = TextAnalyzer.of("standard").orElseThrow();
  private static final TextAnalyzer ENGLISH = TextAnalyzer.of("english").orElseThrow();
  private static final String[] TEXTS = {"title", "body"};

  final Map<String, Doc> documents = new TreeMap<>();

  /** A document; votes and by may be null. */
  record Doc(String id, String title, String body, List<String> kinds, Double votes, String by) {
    List<Term> terms(String field) {
      return field.equals("title") ? STANDARD.terms(title) : ENGLISH.terms(body);
    }
  }

  /**
   * A query: how it is written, what meets it, and what it scores where it does.
   *
   * @param field of an attribute, empty for others
   */
  record Asked(
      String text,
      String field,
      Predicate<Doc> meets,
      Function<Doc, Double> score,
      List<Asked> all,
      List<Asked> none) {
    Asked(String text, String field, Predicate<Doc> meets, Function<Doc, Double> score) {
      this(text, field, meets, score, List.of(), List.of());
    }
  }

  /** Without the conditions on tags that stand at the top, parentheses around all left aside. */
  static Predicate<Doc> withoutKinds(Asked asked) {
    if (asked.field().equals("kind")) {
      return doc -> true;
    }
    if (asked.all().isEmpty()) {
      return asked.meets();
    }
    return doc ->
        asked.all().stream().allMatch(part -> withoutKinds(part).test(doc))
            && asked.none().stream().noneMatch(part -> part.meets().test(doc));
  }

  private List<Term> analyzed(String field, String text) {
    return field.equals("title") ? STANDARD.terms(text) : ENGLISH.terms(text);
  }

  private static int count(List<Term> in, List<Term> wanted) {
    int count = 0;
    for (Term start : in) {
      boolean all = true;
      for (Term part : wanted) {
        int position = start.position() + part.position() - wanted.get(0).position();
        all &= in.stream().anyMatch(t -> t.position() == position && t.text().equals(part.text()));
      }
      count += all ? 1 : 0;
    }
    return count;
  }

  /** BM25 of consecutive terms in a field of a document. */
  private double bm25(String field, List<Term> wanted, Doc doc) {
    int tf = count(doc.terms(field), wanted);
    if (tf == 0 || wanted.isEmpty()) {
      return 0;
    }
    List<Doc> having = documents.values().stream().filter(d -> !d.terms(field).isEmpty()).toList();
    double mean = having.stream().mapToInt(d -> d.terms(field).size()).average().orElse(1);
    double idf = 0;
    for (Term term : wanted) {
      long df =
          having.stream()
              .filter(d -> d.terms(field).stream().anyMatch(t -> t.text().equals(term.text())))
              .count();
      idf += Math.log(1 + (having.size() - df + 0.5) / (df + 0.5));
    }
    int length = SmallFloat.byte4ToInt(SmallFloat.intToByte4(doc.terms(field).size()));
    return idf * tf / (tf + 1.2 * (0.25 + 0.75 * length / mean));
  }

  Asked words(String text) {
    return new Asked(
        text,
        "",
        doc -> {
          for (String field : TEXTS) {
            List<Term> wanted = analyzed(field, text);
            if (!wanted.isEmpty() && count(doc.terms(field), wanted) > 0) {
              return true;
            }
          }
          return false;
        },
        doc -> {
          double score = 0;
          for (String field : TEXTS) {
            score += bm25(field, analyzed(field, text), doc);
          }
          return score;
        });
  }

  Asked phrase(String text) {
    Asked words = words(text);
    return new Asked('"' + text + '"', "", words.meets(), words.score());
  }

  Asked inField(String field, String text) {
    return new Asked(
        field + ':' + text,
        "",
        doc -> count(doc.terms(field), analyzed(field, text)) > 0,
        doc -> bm25(field, analyzed(field, text), doc));
  }

  Asked prefix(String text) {
    Function<Doc, Double> fields =
        doc -> {
          double score = 0;
          for (String field : TEXTS) {
            score += doc.terms(field).stream().anyMatch(t -> t.word().startsWith(text)) ? 1 : 0;
          }
          return score;
        };
    return new Asked(text + '*', "", doc -> fields.apply(doc) > 0, fields);
  }

  Asked kind(String value) {
    return new Asked("kind:" + value, "kind", doc -> doc.kinds().contains(value), doc -> 0.0);
  }

  Asked votes(int one, int other) {
    int from = Math.min(one, other);
    int to = Math.max(one, other);
    return new Asked(
        "votes:[%d TO %d}".formatted(from, to),
        "votes",
        doc -> doc.votes() != null && doc.votes() >= from && doc.votes() < to,
        doc -> 0.0);
  }

  Asked by(String from) {
    return new Asked(
        "by:{" + from + " TO *]",
        "by",
        doc -> doc.by() != null && bytes(doc.by(), from) > 0,
        doc -> 0.0);
  }

  static int bytes(String one, String other) {
    return java.util.Arrays.compareUnsigned(Bytes.utf8(one), Bytes.utf8(other));
  }

  static Asked any(List<Asked> parts) {
    StringBuilder text = new StringBuilder(parts.get(0).text());
    parts.stream().skip(1).forEach(part -> text.append(" +").append(part.text()));
    boolean kinds = parts.stream().allMatch(part -> part.field().equals("kind"));
    return new Asked(
        text.toString(),
        kinds ? "kind" : "",
        doc -> parts.stream().anyMatch(part -> part.meets().test(doc)),
        doc ->
            parts.stream()
                .mapToDouble(part -> part.meets().test(doc) ? part.score().apply(doc) : 0)
                .sum());
  }

  static Asked all(List<Asked> wanted, List<Asked> unwanted) {
    StringBuilder text = new StringBuilder();
    wanted.forEach(part -> text.append(' ').append(part.text()));
    unwanted.forEach(part -> text.append(" -").append(part.text()));
    return new Asked(
        text.toString().strip(),
        "",
        doc ->
            wanted.stream().allMatch(part -> part.meets().test(doc))
                && unwanted.stream().noneMatch(part -> part.meets().test(doc)),
        doc -> wanted.stream().mapToDouble(part -> part.score().apply(doc)).sum(),
        wanted,
        unwanted);
  }

  static Asked group(Asked inner) {
    return new Asked(
        '(' + inner.text() + ')', "", inner.meets(), inner.score(), inner.all(), inner.none());
  }

  /** Makes queries at random. */
  Asked random(Random random, int depth) {
    List<Asked> wanted = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      wanted.add(part(random, depth));
    }
    List<Asked> unwanted = new ArrayList<>();
    for (int i = random.nextInt(3); i > 1; i--) {
      unwanted.add(simple(random));
    }
    return all(wanted, unwanted);
  }

  private Asked part(Random random, int depth) {
    return switch (random.nextInt(depth > 0 ? 5 : 4)) {
      case 0 -> any(List.of(simple(random), simple(random)));
      case 4 -> group(random(random, depth - 1));
      default -> simple(random);
    };
  }

  private Asked simple(Random random) {
    return switch (random.nextInt(11)) {
      case 0 -> phrase(word(random) + ' ' + word(random));
      case 1 -> prefix(word(random).substring(0, 2));
      case 2 -> kind("k" + random.nextInt(4));
      case 3 -> votes(random.nextInt(30), 20 + random.nextInt(30));
      case 4 -> by(String.valueOf((char) ('a' + random.nextInt(20))));
      case 5 -> inField(TEXTS[random.nextInt(2)], word(random));
      case 6 -> words(word(random) + '-' + word(random));
      default -> words(word(random));
    };
  }

  /** Words of which few are frequent. */
  static String word(Random random) {
    String[] stems = {"lock", "queue", "connect", "index", "search", "redis", "stream", "cache"};
    String[] ends = {"", "s", "ed", "ing", "ion"};
    double skewed = Math.pow(random.nextDouble(), 2.5);
    return stems[(int) (skewed * stems.length)] + ends[random.nextInt(ends.length)];
  }

  Doc randomDocument(Random random, String id) {
    return new Doc(
        id,
        text(random, random.nextInt(4)),
        text(random, random.nextInt(25)),
        random.nextInt(3) == 0
            ? List.of()
            : List.of("k" + random.nextInt(4), "k" + (4 + random.nextInt(2))),
        random.nextInt(5) == 0 ? null : (double) random.nextInt(50),
        random.nextInt(5) == 0
            ? null
            : (char) ('a' + random.nextInt(26)) + "x".repeat(random.nextInt(9)));
  }

  private static String text(Random random, int length) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < length; i++) {
      text.append(random.nextInt(6) == 0 ? "the" : word(random)).append(' ');
    }
    return text.toString();
  }

  /** The ids of matches, sorted. */
  List<String> find(Asked asked, Comparator<Doc> order) {
    return documents.values().stream()
        .filter(asked.meets())
        .sorted(order.thenComparing(Doc::id, ReferenceIndex::bytes))
        .map(Doc::id)
        .toList();
  }

  Map<String, Long> kinds(Predicate<Doc> meets) {
    Map<String, Long> counts = new HashMap<>();
    documents.values().stream()
        .filter(meets)
        .forEach(doc -> doc.kinds().forEach(kind -> counts.merge(kind, 1L, Long::sum)));
    return counts;
  }
}
