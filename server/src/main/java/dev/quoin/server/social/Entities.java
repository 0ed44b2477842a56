// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.analysis.TextEntities;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * What a text names, as far as it counts.
 *
 * @param tags folded, without the sign
 * @param logins folded, without the sign
 */
record Entities(List<String> tags, List<String> logins, List<String> links) {
  private static final int MOST = 20;
  private static final int TAG_BYTES = 400;
  private static final int LOGIN_BYTES = 256;
  private static final int LINK_BYTES = 2_048;

  static Entities of(String text) {
    TextEntities found = TextEntities.of(text);
    return new Entities(
        first(found.tags(), TAG_BYTES),
        first(found.mentions(), LOGIN_BYTES),
        first(found.links(), LINK_BYTES));
  }

  private static List<String> first(Set<String> names, int mostBytes) {
    return names.stream()
        .filter(name -> name.getBytes(StandardCharsets.UTF_8).length <= mostBytes)
        .limit(MOST)
        .toList();
  }
}
