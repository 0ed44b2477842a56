// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReturnsTest {
  private static final String HEADER =
      """
      -- Takes something.
      --
      -- KEYS[1] thing
      --
      -- Returns {taken: flag, fence: integer, ends: integer} when it was free,
      -- {taken: flag, label: text} when it was not, and {more: flag, (name: text,
      -- mean: real)…} for a list.
      --
      -- @include lib/{nothing}
      """;

  private final Returns returns = Returns.parse("lua/x.lua", HEADER);

  @Test
  void eachReplyOfTheHeaderFits() {
    assertThat(returns.fits(List.of(1L, 7L, 8L))).isTrue();
    assertThat(returns.fits(List.of(0L, text("me")))).isTrue();
    assertThat(returns.fits(List.of(0L))).isTrue();
    assertThat(returns.fits(List.of(1L, text("a"), text("1.5"), text("b"), text("-2e9")))).isTrue();
  }

  @Test
  void severalGroupsFollowEachOther() {
    Returns groups =
        Returns.parse("x", "--\n-- Returns {n: flag, (a: integer, b: text)…, (c: text)…}.\n");
    assertThat(groups.fits(List.of(1L))).isTrue();
    assertThat(groups.fits(List.of(1L, 2L, text("b"), 3L, text("b"), text("c")))).isTrue();
    assertThat(groups.fits(List.of(1L, text("c"), text("c")))).isTrue();
    assertThat(groups.fits(List.of(1L, text("c"), 2L, text("b")))).as("in order").isFalse();
    assertThat(groups.fits(List.of(1L, 2L))).isFalse();
  }

  @Test
  void otherRepliesDoNot() {
    assertThat(returns.fits(List.of())).isFalse();
    assertThat(returns.fits(List.of(2L, 7L, 8L))).as("2 is no flag").isFalse();
    assertThat(returns.fits(List.of(1L, 7L))).as("7 is no text").isFalse();
    assertThat(returns.fits(List.of(1L, text("a"), text("x")))).as("x is no number").isFalse();
    assertThat(returns.fits(List.of(1L, text("a"), text("1"), text("b")))).isFalse();
  }

  @Test
  void headerThatCannotBeReadSaysWhere() {
    assertThatThrownBy(() -> Returns.parse("lua/x.lua", "-- Does.\n"))
        .hasMessageContaining("lua/x.lua")
        .hasMessageContaining("no line '-- Returns");
    assertThatThrownBy(() -> Returns.parse("lua/x.lua", "--\n-- Returns {a: word}.\n"))
        .hasMessageContaining("unknown type 'word'");
    assertThatThrownBy(() -> Returns.parse("lua/x.lua", "--\n-- Returns {outcome}.\n"))
        .hasMessageContaining("'outcome' in place of 'name: type'");
    assertThatThrownBy(() -> Returns.parse("lua/x.lua", "--\n-- Returns a number.\n"))
        .hasMessageContaining("lists no reply");
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
