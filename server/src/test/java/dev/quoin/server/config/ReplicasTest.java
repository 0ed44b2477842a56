// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Sink;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class ReplicasTest {
  private static final String CHANNEL = "quoin:default:config:{replica}:values:hints";
  private static final Duration SHORT = Duration.ofMillis(50);
  private static final Duration LONG = Duration.ofHours(1);
  private static final Scope SCOPE = new Scope("default", null);

  private final AtomicInteger reads = new AtomicInteger();
  private final List<CompletableFuture<Reading<String>>> open = new ArrayList<>();
  private boolean answers = true;
  private TestConnection connection;
  private Replicas replicas;

  @BeforeEach
  void connect() {
    TestRedis.clear();
    connection = TestConnection.open();
    replicas = lingering(LONG);
  }

  @AfterEach
  void close() {
    connection.close();
  }

  /** A group that is read here instead of in Redis. */
  private final Source<String> source =
      new Source<>() {
        @Override
        public String channel() {
          return CHANNEL;
        }

        @Override
        public CompletionStage<Reading<String>> read(String revision) {
          int number = reads.incrementAndGet();
          CompletableFuture<Reading<String>> answer = new CompletableFuture<>();
          open.add(answer);
          if (answers) {
            answer.complete(reading(number));
          }
          return answer;
        }
      };

  @Test
  void copyIsReadOnceForAllWhoMayHaveAnOldOne() {
    for (int i = 0; i < 10; i++) {
      assertThat(copy(LONG).toCompletableFuture().join().revision()).isEqualTo(1);
    }

    assertThat(reads).hasValue(1);
  }

  @Test
  void whoWantsNoOldAnswerIsSentToRedis() {
    assertThat(replicas.copy(SCOPE, source, Duration.ZERO)).isEmpty();
    assertThat(reads).hasValue(0);
  }

  @Test
  void readThatBeganBeforeTheQuestionDoesNotAnswerIt() {
    answers = false;
    CompletableFuture<Copy<String>> first = copy(LONG).toCompletableFuture();
    Eventually.until("time has passed", () -> System.nanoTime() % 1_000 != 0);
    CompletableFuture<Copy<String>> second = copy(Duration.ofNanos(1)).toCompletableFuture();
    assertThat(reads).hasValue(1);

    open.get(0).complete(reading(1));

    assertThat(first.join().revision()).isEqualTo(1);
    assertThat(second).isNotDone();
    open.get(1).complete(reading(2));
    assertThat(second.join().revision()).isEqualTo(2);
  }

  @Test
  void answerComesBeforeTheDeadlineEvenWhenRedisDoesNot() {
    answers = false;
    Scope scope = new Scope("default", Deadline.after(500, TimeUnit.MILLISECONDS));

    CompletableFuture<Copy<String>> copy =
        replicas.copy(scope, source, LONG).orElseThrow().toCompletableFuture();

    assertThatThrownBy(() -> copy.get(10, TimeUnit.SECONDS))
        .hasMessageContaining("Redis did not answer");
  }

  @Test
  void copyThatNobodyUsesIsForgotten() {
    replicas = lingering(SHORT);
    copy(LONG).toCompletableFuture().join();

    Eventually.until("it is forgotten", () -> replicas.size() == 0);
  }

  @Test
  void copyThatArrivesAfterItWasForgottenDoesNotCount() {
    replicas = lingering(SHORT);
    answers = false;
    copy(LONG);
    Eventually.until("it is forgotten", () -> replicas.size() == 0);

    open.get(0).complete(reading(1, Integer.MAX_VALUE));

    assertThat(replicas.copy(SCOPE, source, LONG)).isPresent();
  }

  @Test
  void nobodyListensAnyMoreOnceNobodyWatches() {
    replicas = lingering(SHORT);
    Watch<String, String> watch = new Watch<>(new Ignoring(), new Texts(), "", Watch.NOTHING);
    replicas.watch(source, watch);
    Eventually.until("it is subscribed", () -> subscribers() == 1);

    watch.end();

    Eventually.until("it is not subscribed", () -> subscribers() == 0);
    assertThat(replicas.size()).isZero();
  }

  @Test
  void callThatEndsBeforeItsWatchBeginsLeavesNothingBehind() {
    replicas = lingering(SHORT);
    Watch<String, String> watch = new Watch<>(new Ignoring(), new Texts(), "", Watch.NOTHING);
    watch.end();

    replicas.watch(source, watch);

    Eventually.until("it is forgotten", () -> replicas.size() == 0 && subscribers() == 0);
  }

  private Replicas lingering(Duration time) {
    return new Replicas(connection.redis().channels(), connection.timer(), time);
  }

  private CompletionStage<Copy<String>> copy(Duration age) {
    return replicas.copy(SCOPE, source, age).orElseThrow();
  }

  private static Reading<String> reading(long revision) {
    return reading(revision, 1);
  }

  private static Reading<String> reading(long revision, int bytes) {
    return new Reading<>(
        revision,
        revision,
        true,
        -1,
        List.of(),
        List.of(new Member<>("m", revision, "v", bytes, "")));
  }

  private static long subscribers() {
    return TestRedis.nodes().stream()
        .mapToLong(node -> node.commands().pubsubShardNumsub(CHANNEL).get(CHANNEL))
        .sum();
  }

  private static final class Ignoring implements Sink<String> {
    @Override
    public void send(String message) {}

    @Override
    public void conflate(String message) {}

    @Override
    public boolean isReady() {
      return true;
    }

    @Override
    public void onReady(Runnable action) {}

    @Override
    public void complete() {}

    @Override
    public void fail(Throwable failure) {}
  }

  private static final class Texts implements Messages<String, String> {
    @Override
    public String snapshot(Copy<String> copy, Collection<Member<String>> members) {
      return "snapshot";
    }

    @Override
    public String changes(Copy<String> copy, Collection<Member<String>> members) {
      return "changes";
    }

    @Override
    public String heartbeat(long revision, long millis, boolean stale) {
      return "heartbeat";
    }

    @Override
    public String reconnect(long revision) {
      return "reconnect";
    }
  }
}
