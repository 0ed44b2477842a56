// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.HashedWheelTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class SamplerTest {
  private final List<String> asked = new ArrayList<>();

  private Sampler<Integer> sampler(boolean isOn) {
    return new Sampler<>(
        new HashedWheelTimer(),
        isOn,
        (namespace, name) -> {
          asked.add(name);
          return CompletableFuture.completedFuture(name.length());
        });
  }

  @Test
  void onlyTheNewestAreAskedForHoweverManyAreUsed() {
    Sampler<Integer> sampler = sampler(true);
    for (int i = 0; i < 10_000; i++) {
      sampler.use("n", "thing" + i);
    }
    sampler.runNow().toCompletableFuture().join();

    assertThat(asked).hasSize(Sampler.MOST).doesNotContain("thing0");
    assertThat(sampler.known()).hasSize(Sampler.MOST);
  }

  @Test
  void whatIsUsedAfterAFloodIsAskedForInTheNextRound() {
    Sampler<Integer> sampler = sampler(true);
    for (int i = 0; i < 10_000; i++) {
      sampler.use("n", "thing" + i);
    }
    sampler.runNow().toCompletableFuture().join();
    sampler.use("n", "late");
    sampler.runNow().toCompletableFuture().join();

    assertThat(sampler.known()).containsEntry(new Sampler.Thing("n", "late"), 4);
  }

  @Test
  void nothingIsAskedForWhereNobodyWantsToKnow() {
    Sampler<Integer> sampler = sampler(false);
    sampler.use("n", "thing");
    sampler.runNow().toCompletableFuture().join();

    assertThat(asked).isEmpty();
  }

  @Test
  void namespacesBeyondTheBoundAreOne() {
    NamespaceLabels labels = new NamespaceLabels();
    for (int i = 0; i < 150; i++) {
      labels.of("n" + i);
    }
    assertThat(labels.of("n99")).isEqualTo("n99");
    assertThat(labels.of("n100")).isEqualTo("other");
    assertThat(labels.known("n149")).isEqualTo("other");
    assertThat(labels.known("n3")).isEqualTo("n3");
  }
}
