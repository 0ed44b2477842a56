// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.redis.Lane.Turns;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

final class LaneTest {
  private final Turns turns = new Turns();

  @Test
  void callsTakeTurnsHoweverMuchTheyAskFor() {
    List<PendingCommand<?>> large = add(call(), 3);
    List<PendingCommand<?>> larger = add(call(), 4);
    List<PendingCommand<?>> small = add(call(), 1);

    assertThat(inTurn())
        .containsExactly(
            large.get(0),
            larger.get(0),
            small.get(0),
            large.get(1),
            larger.get(1),
            large.get(2),
            larger.get(2),
            larger.get(3));
    assertThat(turns.isEmpty()).isTrue();
    assertThat(turns.head()).isNull();
    assertThat(turns.poll()).isNull();
  }

  @Test
  void commandsThatNobodyAskedForGoInTheirOrder() {
    List<PendingCommand<?>> all = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      all.addAll(add(new RequestContext("-", null), 1));
    }
    assertThat(inTurn()).containsExactlyElementsOf(all);
  }

  @Test
  void partBeforeOneIsThatOfTheTurnsUntilItsOwn() {
    RequestContext large = call();
    assertThat(turns.partBefore(command(large))).isZero();
    add(large, 97);
    add(call(), 1);
    add(call(), 2);

    assertThat(turns.partBefore(command(call()))).isEqualTo(0.03);
    assertThat(turns.partBefore(command(large))).isEqualTo(1);
    assertThat(turns.ofCall(command(large))).isEqualTo(97);
    assertThat(turns.ofCall(command(call()))).isZero();
  }

  private List<PendingCommand<?>> inTurn() {
    List<PendingCommand<?>> order = new ArrayList<>();
    while (!turns.isEmpty()) {
      assertThat(turns.head()).isNotNull();
      PendingCommand<?> head = turns.head();
      assertThat(turns.poll()).isSameAs(head);
      order.add(head);
    }
    return order;
  }

  private List<PendingCommand<?>> add(RequestContext call, int count) {
    List<PendingCommand<?>> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PendingCommand<?> command = command(call);
      turns.add(command);
      all.add(command);
    }
    return all;
  }

  private static RequestContext call() {
    // A method reference that captures nothing would be the same object for all calls.
    BooleanSupplier gone = new CompletableFuture<Void>()::isCancelled;
    return new RequestContext("default", null, null, gone);
  }

  private static PendingCommand<?> command(RequestContext call) {
    return new PendingCommand<>(
        null, call, (commands, done) -> {}, new CompletableFuture<>(), late -> {}, null, 0);
  }
}
