// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Seal;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class CursorTest {
  private static final Seal SEAL = Seal.random();

  @Test
  void cursorSaysWhereToGoOnInEveryLogItSpeaksOf() {
    long far = LogSource.END - 1;
    Cursor cursor = parse(of(Map.of("a", 0L, "b", far, "c", Cursor.before(7))));

    assertThat(cursor.start("a", 10)).isEqualTo(Start.after(0));
    assertThat(cursor.start("b", 10)).isEqualTo(Start.after(far));
    assertThat(cursor.start("c", 10)).isEqualTo(new Start(10, 7));
    assertThat(cursor.start("d", 10)).isEqualTo(Start.last(10));
    assertThat(cursor.after("b")).isEqualTo(far);
    assertThat(cursor.after("d")).isNegative();
  }

  @Test
  void emptyTextSpeaksOfNoLog() {
    assertThat(parse("").start("a", 3)).isEqualTo(Start.last(3));
    assertThat(parse(of(Map.of())).start("a", 3)).isEqualTo(Start.last(3));
  }

  @Test
  void textThatIsNoCursorIsRefused() {
    String cut = of(Map.of("a", 1L)).substring(0, 10);
    String beyond = of(Map.of("a", LogSource.END));
    String others = Cursor.of(Map.of("a", 1L), Seal.random());
    for (String text : List.of("?", "AA", cut, beyond, others)) {
      assertThatThrownBy(() -> parse(text)).isInstanceOf(InvalidRequest.class);
    }
  }

  private static Cursor parse(String text) {
    return Cursor.parse(text, SEAL);
  }

  private static String of(Map<String, Long> marks) {
    return Cursor.of(marks, SEAL);
  }
}
