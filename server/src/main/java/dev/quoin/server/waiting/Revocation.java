// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import java.util.Map;

/**
 * That somebody took a held thing away.
 *
 * @param actor who did it, as they said; may be empty
 * @param explanation why, may be empty
 */
public record Revocation(String actor, String explanation) {
  private static final String ACTOR = "actor";
  private static final String EXPLANATION = "explanation";

  /** Neither part has control characters. */
  private static final char BETWEEN = '\t';

  /** Reads how it is written in Redis. */
  public static Revocation of(String word) {
    int tab = word.indexOf(BETWEEN);
    return tab < 0
        ? new Revocation("", word)
        : new Revocation(word.substring(0, tab), word.substring(tab + 1));
  }

  /** As it was told to its victim. */
  public static Revocation of(ApiException refusal) {
    return new Revocation(
        refusal.metadata().getOrDefault(ACTOR, ""),
        refusal.metadata().getOrDefault(EXPLANATION, ""));
  }

  /** How it is written in Redis. */
  public String word() {
    return actor + BETWEEN + explanation;
  }

  /**
   * Tells the victim.
   *
   * @param what has happened to what, a clause
   */
  public ApiException refusal(ErrorReason reason, String what) {
    String by = actor.isEmpty() ? "" : " by " + actor;
    String why = explanation.isEmpty() ? "" : ": " + explanation;
    return new ApiException(
        reason, what + by + why, Map.of(ACTOR, actor, EXPLANATION, explanation), null);
  }
}
