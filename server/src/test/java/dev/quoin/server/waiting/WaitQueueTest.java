// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.RequestContext;
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
final class WaitQueueTest {
  private final TestConnection connection = TestConnection.open();
  private final List<String> sent = new CopyOnWriteArrayList<>();
  private volatile CompletableFuture<AcquireResult> joined = new CompletableFuture<>();
  private final CompletableFuture<AcquireResult> left = new CompletableFuture<>();
  private WaitQueue queue;
  private Waiter waiter;

  @BeforeEach
  void join() {
    queue =
        new WaitQueue(
            new Scripts(),
            connection.redis().pubSub(),
            "quoin:default:test:{queue}:hints:server",
            connection.timer());
    RequestContext scope = new RequestContext("default", null);
    waiter = new Waiter(LeaseRequest.of(scope, "a", "token", 10_000, "x", ""), place -> {});
    queue.add(waiter);
    queue.join(waiter);
    Eventually.until("the join is sent", () -> sent.contains("join"));
  }

  @AfterEach
  void stop() {
    connection.close();
  }

  @Test
  void hintThatOvertakesTheAnswerOfTheJoinIsNotGivenBack() {
    queue.hint("token 5 999 ");
    joined.complete(waiting(7));
    left.complete(AcquireResult.granted(new Grant("token", 5, 999, "")));

    assertThat(outcome().grant().fence()).isEqualTo(5);
    awaitSent("join", "leave and keep");
  }

  @Test
  void grantThatCameOfJoiningAgainAfterTheOwnGrantHadEndedIsGivenBack() {
    queue.hint("token 5 999 ");
    joined.complete(waiting(7));
    left.complete(AcquireResult.granted(new Grant("token", 6, 1_999, "")));

    assertThat(outcome().grant().fence()).isEqualTo(5);
    awaitSent("join", "leave and keep", "leave");
  }

  @Test
  void hintAndAnswerAboutTheSameGrantAreOneGrant() {
    joined.complete(AcquireResult.granted(new Grant("token", 5, 999, "")));
    queue.hint("token 5 999 ");

    Eventually.until("it is told", () -> outcome() != null);
    assertThat(outcome().grant().fence()).isEqualTo(5);
    assertThat(sent).containsExactly("join");
  }

  @Test
  void waiterThatIsTakenOutOfTheQueueAsksWhyAndIsRefused() {
    CompletableFuture<AcquireResult> first = joined;
    joined = new CompletableFuture<>();
    first.complete(waiting(7));
    queue.hint("token");
    awaitSent("join", "join");
    joined.completeExceptionally(
        new ApiException(ErrorReason.ERROR_REASON_LOCK_TOO_MANY_WAITERS, "there is no place"));

    awaitSent("join", "join", "leave");
    assertThatThrownBy(() -> waiter.outcome().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ApiException.class);
  }

  @Test
  void waiterThatGivesUpLeavesOnlyAfterItsJoin() {
    waiter.giveUp(false);
    assertThat(sent).containsExactly("join");

    joined.complete(waiting(7));

    Eventually.until("it leaves", () -> sent.contains("leave"));
    left.complete(waiting(0));
    Eventually.until("it is told", () -> outcome() != null);
    assertThat(outcome().isGranted()).isFalse();
  }

  @Test
  void waiterWhoseEndRedisDidNotAnswerGivesBackWhatItMayHaveGot() {
    joined.complete(waiting(7));
    waiter.giveUp(true);
    left.completeExceptionally(ApiException.storeUnavailable("away"));

    awaitSent("join", "leave and keep", "leave");
    assertThatThrownBy(() -> waiter.outcome().toCompletableFuture().get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ApiException.class);
  }

  private void awaitSent(String... expected) {
    Eventually.until("sent: " + sent, () -> sent.equals(List.of(expected)));
  }

  private AcquireResult outcome() {
    return waiter.outcome().toCompletableFuture().getNow(null);
  }

  private static AcquireResult waiting(long ticket) {
    return new AcquireResult(null, "other", 900, 1, ticket, false);
  }

  private final class Scripts implements WaitQueueScripts {
    @Override
    public CompletionStage<AcquireResult> join(LeaseRequest request, long ticket) {
      sent.add("join");
      return joined;
    }

    @Override
    public CompletionStage<AcquireResult> leave(LeaseRequest request) {
      sent.add("leave and keep");
      return left;
    }

    @Override
    public CompletionStage<AcquireResult> giveBack(LeaseRequest request) {
      sent.add("leave");
      return left;
    }

    @Override
    public CompletionStage<Refreshed> refresh(List<LeaseRequest> waiters) {
      return new CompletableFuture<>();
    }
  }
}
