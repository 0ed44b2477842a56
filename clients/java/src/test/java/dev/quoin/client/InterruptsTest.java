// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.logs.v1.Severity;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What an interrupted thread still brings to its end: giving back, and sending what it has. */
class InterruptsTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final int TIMES = 40;
  private static final Duration LEASE = Duration.ofSeconds(30);

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin other = SERVER.client(namespace);

  @AfterEach
  void close() {
    other.close();
  }

  @Test
  void workThatIsInterruptedLeavesNoLockBehind() {
    for (int i = 0; i < TIMES; i++) {
      String name = "report-" + i;
      try (Quoin quoin = SERVER.client(namespace)) {
        quoin
            .locks()
            .run(name, LockOptions.lease(LEASE), lock -> Thread.currentThread().interrupt());
      }
      assertThat(Thread.interrupted()).isTrue();
      assertThat(other.locks().get(r -> r.setName(name)).getHeld()).as(name).isFalse();
    }
  }

  @Test
  void closingTheClientGivesBackInAnInterruptedThread() {
    for (int i = 0; i < TIMES; i++) {
      String name = "report-" + i;
      Quoin quoin = SERVER.client(namespace);
      assertThat(quoin.locks().tryAcquire(name, LEASE)).isPresent();
      Thread.currentThread().interrupt();
      quoin.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(other.locks().get(r -> r.setName(name)).getHeld()).as(name).isFalse();
    }
  }

  @Test
  void closingSendsWhatIsCollectedInAnInterruptedThread() {
    for (int i = 0; i < TIMES / 4; i++) {
      Quoin quoin = SERVER.client(namespace);
      LogWriter writer = quoin.logs().writer("log");
      writer.write(Severity.SEVERITY_INFO, "entry " + i);
      CounterRecorder counter = quoin.counters().recorder();
      counter.increment("hits");
      Thread.currentThread().interrupt();
      if (i % 2 == 0) {
        writer.close();
        counter.close();
      }
      quoin.close();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(writer.dropped()).isZero();
      assertThat(counter.lost()).isZero();
    }
    assertThat(other.logs().listRecent(r -> r.setName("log").setMaxItems(100)).getEntriesList())
        .hasSize(TIMES / 4);
  }
}
