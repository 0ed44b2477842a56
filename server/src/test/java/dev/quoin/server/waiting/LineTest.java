// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestConnection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Answers and hints travel on different connections: every order of arrival must do. */
final class LineTest {
  private final TestConnection connection = TestConnection.open();
  private final List<String> sent = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<Standing> joined = new CompletableFuture<>();
  private final CompletableFuture<Standing> left = new CompletableFuture<>();
  private Line line;
  private Waiter waiter;

  @BeforeEach
  void join() {
    line = new Line(new Scripts(), connection.redis().channels(), connection.timer(), closed -> {});
    waiter = new Waiter(new Wish());
    line.add(waiter);
    line.join(waiter);
    Eventually.until("the join is sent", () -> sent.contains("join"));
  }

  @AfterEach
  void stop() {
    connection.close();
  }

  @Test
  void hintThatOvertakesTheAnswerOfTheJoinIsNotGivenBack() {
    line.hint("token 5 999");
    joined.complete(new Standing(null, "other", 900, 1, 7));
    left.complete(Standing.granted(new Grant("token", 5, 999)));

    assertThat(outcome().grant().fence()).isEqualTo(5);
    awaitSent("join", "leave and keep");
  }

  @Test
  void grantThatCameOfJoiningAgainAfterTheOwnGrantHadEndedIsGivenBack() {
    line.hint("token 5 999");
    joined.complete(new Standing(null, "other", 900, 1, 7));
    left.complete(Standing.granted(new Grant("token", 6, 1_999)));

    assertThat(outcome().grant().fence()).isEqualTo(5);
    awaitSent("join", "leave and keep", "leave");
  }

  @Test
  void hintAndAnswerAboutTheSameGrantAreOneGrant() {
    joined.complete(Standing.granted(new Grant("token", 5, 999)));
    line.hint("token 5 999");

    Eventually.until("it is told", () -> outcome() != null);
    assertThat(outcome().grant().fence()).isEqualTo(5);
    assertThat(sent).containsExactly("join");
  }

  @Test
  void waiterThatIsTakenOutOfTheLineAsksWhyAndIsRefused() {
    CompletableFuture<Standing> first = joined;
    joined = new CompletableFuture<>();
    first.complete(new Standing(null, "other", 900, 1, 7));
    line.hint("token");
    awaitSent("join", "join");
    joined.completeExceptionally(
        new Refusal(ErrorReason.ERROR_REASON_LOCK_LINE_FULL, "there is no place"));

    awaitSent("join", "join", "leave");
    assertThatThrownBy(() -> waiter.outcome().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(Refusal.class);
  }

  @Test
  void waiterThatGivesUpLeavesOnlyAfterItsJoin() {
    waiter.giveUp(false);
    assertThat(sent).containsExactly("join");

    joined.complete(new Standing(null, "other", 900, 1, 7));

    Eventually.until("it leaves", () -> sent.contains("leave"));
    left.complete(new Standing(null, "other", 900, 1, 0));
    Eventually.until("it is told", () -> outcome() != null);
    assertThat(outcome().isGranted()).isFalse();
  }

  @Test
  void waiterWhoseEndRedisDidNotAnswerGivesBackWhatItMayHaveGot() {
    joined.complete(new Standing(null, "other", 900, 1, 7));
    waiter.giveUp(true);
    left.completeExceptionally(Refusal.storeUnavailable("away"));

    awaitSent("join", "leave and keep", "leave");
    assertThatThrownBy(() -> waiter.outcome().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(Refusal.class);
  }

  private void awaitSent(String... expected) {
    Eventually.until("sent: " + sent, () -> sent.equals(List.of(expected)));
  }

  private Standing outcome() {
    return waiter.outcome().toCompletableFuture().getNow(null);
  }

  private final class Wish implements Turn {
    @Override
    public String token() {
      return "token";
    }

    @Override
    public String text() {
      return "server token 10000 - ";
    }

    @Override
    public CompletionStage<Standing> join(long ticket) {
      sent.add("join");
      return joined;
    }

    @Override
    public CompletionStage<Standing> leave(boolean keep) {
      sent.add(keep ? "leave and keep" : "leave");
      return left;
    }

    @Override
    public void moved(long place) {}
  }

  private static final class Scripts implements LineScripts {
    @Override
    public String channel() {
      return "quoin:default:test:{line}:hints:server";
    }

    @Override
    public CompletionStage<Tending> tend(List<Waiter> waiters) {
      return new CompletableFuture<>();
    }
  }
}
