// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What is a breach of exclusion, and what is not. */
final class HoldsTest {
  private final Findings findings = new Findings();
  private final Holds holds = new Holds(findings, "lock", 1);
  private final long later = System.nanoTime() + TimeUnit.HOURS.toNanos(1);

  @Test
  void oneAfterTheOtherIsFine() {
    holds.granted("a", 1, later);
    holds.released("a", 1);
    holds.granted("a", 2, later);
    holds.granted("b", 1, later);

    assertThat(findings.total()).isZero();
  }

  @Test
  void twoAtOnceAreFound() {
    holds.granted("a", 1, later);
    holds.granted("a", 2, later);

    assertThat(findings.total()).isEqualTo(1);
  }

  @Test
  void aFenceThatFallsIsFound() {
    holds.granted("a", 2, later);
    holds.released("a", 2);
    holds.granted("a", 1, later);

    assertThat(findings.total()).isEqualTo(1);
  }

  @Test
  void whoseLeaseIsOverHoldsNothing() {
    holds.granted("a", 1, System.nanoTime() - 1);
    holds.granted("a", 2, later);

    assertThat(findings.total()).isZero();
  }
}
