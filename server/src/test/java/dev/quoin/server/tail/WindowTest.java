// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

final class WindowTest {
  private static final int MUCH = 1_000_000;

  private final Window<Item> window = new Window<>();

  private record Item(long position, int bytes, boolean rewrites) implements SequencedEntry {}

  @Test
  void newestEntriesAreThereAndOlderOnesAreNot() {
    add(1, 1_000, 1);

    assertThat(window.end()).isEqualTo(1_000);
    assertThat(window.reaches(743)).isFalse();
    assertThat(window.reaches(744)).isTrue();
    assertThat(after(744, 1_000, MUCH)).isEqualTo(numbers(745, 1_000));
    assertThat(after(990, 3, MUCH)).containsExactly(991L, 992L, 993L);
    assertThat(after(1_000, 3, MUCH)).isEmpty();
  }

  @Test
  void bytesAreBoundedButTheNewestEntryIsThere() {
    add(1, 20, 100 * 1024);
    assertThat(window.reaches(9)).isFalse();
    assertThat(window.reaches(10)).isTrue();
    assertThat(after(15, 10, 250 * 1024)).containsExactly(16L, 17L);

    add(21, 21, 5 * 1024 * 1024);
    assertThat(window.reaches(19)).isFalse();
    assertThat(after(20, 10, 1)).containsExactly(21L);
  }

  @Test
  void nothingIsThereBeforeAHoleOrAnEntryThatRewroteOthers() {
    add(1, 10, 1);
    add(15, 16, 1);
    assertThat(window.reaches(13)).isFalse();
    assertThat(after(14, 10, MUCH)).containsExactly(15L, 16L);

    window.add(new Item(17, 1, true));
    assertThat(window.reaches(15)).isFalse();
    assertThat(after(16, 10, MUCH)).containsExactly(17L);
  }

  @Test
  void forgottenEntriesAreGoneAndTheNextOneGoesOn() {
    add(1, 300, 1);
    window.reset(300);
    assertThat(window.reaches(299)).isFalse();
    assertThat(window.reaches(300)).isTrue();

    add(301, 310, 1);
    assertThat(after(300, 100, MUCH)).isEqualTo(numbers(301, 310));
  }

  private void add(long from, long to, int bytes) {
    LongStream.rangeClosed(from, to).forEach(p -> window.add(new Item(p, bytes, false)));
  }

  private List<Long> after(long position, int limit, int bytes) {
    return window.after(position, limit, bytes).stream().map(Item::position).toList();
  }

  private static List<Long> numbers(long from, long to) {
    return LongStream.rangeClosed(from, to).boxed().toList();
  }
}
