// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.util.Durations;
import dev.quoin.ads.v1.FrequencyCap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Whose views have to be kept so that caps can be told: those of an ad, campaign or account with a
 * cap anywhere, as many and as long as the greatest of its caps says. An ad without caps counts for
 * those of its campaign and account.
 */
final class CapLevels {
  private final Map<String, Keep> keeps = new ConcurrentHashMap<>();

  private record Keep(long views, long millis) {
    Keep and(FrequencyCap cap) {
      return new Keep(
          Math.max(views, cap.getViews()), Math.max(millis, Durations.toMillis(cap.getWindow())));
    }
  }

  /**
   * A cap that a viewer has reached.
   *
   * @param level letter and id of what was seen
   */
  record Reached(String level, long views, long millis) {
    /** Whether one of the caps of an ad is reached as well. */
    boolean holdsFor(AdEntry ad, List<FrequencyCap> caps) {
      return caps.stream()
          .anyMatch(
              cap ->
                  cap.getViews() <= views
                      && Durations.toMillis(cap.getWindow()) >= millis
                      && of(letter(cap), ad).equals(level));
    }
  }

  /** A cap of an ad, as scripts tell it. */
  static Reached reached(AdEntry ad, String cap) {
    String[] parts = cap.split(",");
    return new Reached(
        of(parts[0].charAt(0), ad), Long.parseLong(parts[1]), Long.parseLong(parts[2]));
  }

  /** The letter by which scripts know a level. */
  static char letter(FrequencyCap cap) {
    return switch (cap.getPer()) {
      case CAP_LEVEL_CAMPAIGN -> 'c';
      case CAP_LEVEL_ACCOUNT -> 'o';
      default -> 'a';
    };
  }

  /** Caps as scripts read them. */
  static String text(List<FrequencyCap> caps) {
    StringBuilder text = new StringBuilder();
    for (FrequencyCap cap : caps) {
      append(text, letter(cap), cap.getViews(), Durations.toMillis(cap.getWindow()));
    }
    return text.toString();
  }

  void add(AdEntry ad, List<FrequencyCap> caps) {
    for (FrequencyCap cap : caps) {
      keeps.merge(of(letter(cap), ad), new Keep(0, 0).and(cap), (known, another) -> known.and(cap));
    }
  }

  /** What is kept of an ad's views, as scripts read it. */
  String text(AdEntry ad) {
    if (keeps.isEmpty()) {
      return "";
    }
    StringBuilder text = new StringBuilder();
    for (char level : new char[] {'a', 'c', 'o'}) {
      Keep keep = keeps.get(of(level, ad));
      if (keep != null) {
        append(text, level, keep.views(), keep.millis());
      }
    }
    return text.toString();
  }

  private static void append(StringBuilder text, char level, long views, long millis) {
    text.append(level).append(',').append(views).append(',').append(millis).append(';');
  }

  private static String of(char level, AdEntry ad) {
    return switch (level) {
      case 'c' -> 'c' + ad.campaign();
      case 'o' -> 'o' + ad.account();
      default -> 'a' + ad.id();
    };
  }
}
