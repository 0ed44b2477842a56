// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Seal;
import dev.quoin.server.tail.Cursor.Mark;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CursorTest {
  private static final String DOMAIN = "logs:default";
  private static final Seal SEAL = Seal.random();

  @Test
  void cursorSaysWhereToGoOnInEveryLogItSpeaksOf() {
    long far = LogSource.END - 1;
    Cursor.Writer writer = writer();
    writer.add(mark("a", 0, 3));
    writer.add(mark("b", far, far));
    Cursor cursor = parse(writer.with(Mark.before(Cursor.id("c"), 7)));

    assertThat(cursor.start("a", 10)).isEqualTo(StartPosition.after(0));
    assertThat(cursor.start("b", 10)).isEqualTo(StartPosition.after(far));
    assertThat(cursor.start("c", 10)).isEqualTo(new StartPosition(10, 7));
    assertThat(cursor.start("d", 10)).isEqualTo(StartPosition.last(10));
    assertThat(cursor.mark(Cursor.id("a"))).isEqualTo(mark("a", 0, 3));
    assertThat(cursor.mark(Cursor.id("b"))).isEqualTo(mark("b", far, far));
    assertThat(cursor.mark(Cursor.id("c"))).isNull();
    assertThat(cursor.mark(Cursor.id("d"))).isNull();
  }

  @Test
  void markThatMovesIsInOneCursorOnly() {
    Cursor.Writer writer = writer();
    writer.add(mark("a", 1, 0));
    String first = writer.with(mark("b", 1, 0));
    String second = writer.with(mark("b", 2, 0));

    assertThat(parse(first).mark(Cursor.id("b")).position()).isEqualTo(1);
    assertThat(parse(second).mark(Cursor.id("b")).position()).isEqualTo(2);
    assertThat(parse(writer.text()).mark(Cursor.id("b"))).isNull();
  }

  @Test
  void cursorOfOneLogIsSealedOnce() {
    CursorCache cache = new CursorCache(SEAL);
    String first = new Cursor.Writer(DOMAIN, cache).with(mark("a", 1, 5));

    assertThat(new Cursor.Writer(DOMAIN, cache).with(mark("a", 1, 5))).isSameAs(first);
    for (Mark other : List.of(mark("a", 1, 6), mark("a", 2, 5), mark("b", 1, 5))) {
      String text = new Cursor.Writer(DOMAIN, cache).with(other);
      assertThat(parse(text).mark(other.log())).isEqualTo(other);
    }
    assertThat(new Cursor.Writer(DOMAIN, cache).with(mark("a", 1, 5))).isEqualTo(first);
  }

  @Test
  void emptyTextSpeaksOfNoLog() {
    assertThat(parse("").start("a", 3)).isEqualTo(StartPosition.last(3));
    assertThat(parse(writer().text()).start("a", 3)).isEqualTo(StartPosition.last(3));
  }

  @Test
  void textThatIsNoCursorIsRefused() {
    String cut = writer().with(mark("a", 1, 0)).substring(0, 10);
    String beyond = writer().with(mark("a", LogSource.END, 0));
    String others = new Cursor.Writer(DOMAIN, new CursorCache(Seal.random())).with(mark("a", 1, 0));
    for (String text : List.of("?", "AA", cut, beyond, others)) {
      assertThatThrownBy(() -> parse(text)).isInstanceOf(InvalidRequest.class);
    }
  }

  private static Cursor parse(String text) {
    return Cursor.parse(DOMAIN, text, SEAL);
  }

  private static Cursor.Writer writer() {
    return new Cursor.Writer(DOMAIN, new CursorCache(SEAL));
  }

  private static Mark mark(String log, long position, long count) {
    return new Mark(Cursor.id(log), position, count);
  }
}
