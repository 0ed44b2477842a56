// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.reliability.Linearizability.Kind;
import dev.quoin.reliability.Linearizability.Operation;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What the checker lets pass and what it finds. */
final class LinearizabilityTest {
  private static final long NEVER = Long.MAX_VALUE;

  @Test
  void readsMayComeBeforeOrAfterAWriteThatIsUnderWay() {
    Operation write = write(1, 10, 7);

    assertThat(check(write, read(2, 3, 0), read(4, 5, 7))).isNull();
    assertThat(check(write, read(2, 3, 7), read(4, 5, 7))).isNull();
  }

  @Test
  void aReadThatGoesBackIsFound() {
    Operation back = read(4, 5, 0);

    assertThat(check(write(1, 10, 7), read(2, 3, 7), back)).isEqualTo(back);
  }

  @Test
  void aStaleReadIsFound() {
    Operation stale = read(3, 4, 0);

    assertThat(check(write(1, 2, 7), stale)).isEqualTo(stale);
  }

  @Test
  void whatWasNotAnsweredMayHaveHappenedAtAnyTimeOrNever() {
    assertThat(check(write(1, NEVER, 7), read(2, 3, 0), read(50, 60, 7))).isNull();
    assertThat(check(write(1, NEVER, 7), read(50, 60, 0))).isNull();
  }

  @Test
  void ofTwoThatTakeTheSameOnlyOneCan() {
    Operation first = compareAndSet(1, 5, 0, 1);
    Operation second = compareAndSet(2, 6, 0, 2);

    assertThat(check(first, second)).isEqualTo(second);
    assertThat(check(first, compareAndSet(3, 4, 1, 0), second)).isNull();
  }

  @Test
  void longHistoriesAreChecked() {
    List<Operation> history =
        IntStream.range(1, 20_000).mapToObj(i -> write(2L * i, 2L * i + 3, i)).toList();

    assertThat(Linearizability.firstWrong(0, history)).isNull();
  }

  private static Operation check(Operation... history) {
    return Linearizability.firstWrong(0, List.of(history));
  }

  private static Operation read(long called, long answered, long value) {
    return new Operation(called, answered, Kind.READ, 0, value);
  }

  private static Operation write(long called, long answered, long value) {
    return new Operation(called, answered, Kind.WRITE, 0, value);
  }

  private static Operation compareAndSet(long called, long answered, long expected, long value) {
    return new Operation(called, answered, Kind.COMPARE_AND_SET, expected, value);
  }
}
