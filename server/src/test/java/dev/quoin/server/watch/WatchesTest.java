// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.rpc.TestCall;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisNode;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.grpc.Deadline;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class WatchesTest {
  private static final String CHANNEL = "quoin:default:config:{watched}:values:hints";
  private static final RequestContext SCOPE = new RequestContext("default", null);
  private static final Duration LONG = Duration.ofHours(1);
  private static final long NEVER_MILLIS = 3_600_000;

  private final List<CompletableFuture<Look<String>>> loads = new CopyOnWriteArrayList<>();
  private final Recorder recorder = new Recorder();
  private final TestCall call = new TestCall();
  private String answer = "1";
  private TestConnection connection;
  private Watches<String> watches;

  /** A state that is loaded from this test; a hint starting with '=' is the new state itself. */
  private final Watched<String> watched =
      new Watched<>() {
        @Override
        public String channel() {
          return CHANNEL;
        }

        @Override
        public CompletionStage<Look<String>> load(String known) {
          CompletableFuture<Look<String>> load = new CompletableFuture<>();
          loads.add(load);
          if (answer != null) {
            load.complete(Look.at(answer));
          }
          return load;
        }

        @Override
        public Look<String> hinted(String payload, String known) {
          return payload.startsWith("=") ? Look.at(payload.substring(1)) : Look.again();
        }
      };

  @BeforeEach
  void connect() {
    TestRedis.clear();
    connection = TestConnection.open();
    watches = watches(NEVER_MILLIS, NEVER_MILLIS, Integer.MAX_VALUE);
  }

  @AfterEach
  void close() {
    connection.close();
  }

  @Test
  void streamHearsThePresentStateThenEveryChange() {
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));

    hint("=2");
    Eventually.until("the hinted state is told", () -> recorder.messages.contains("2"));
    answer = "3";
    hint("look");
    Eventually.until("the loaded state is told", () -> recorder.messages.contains("3"));

    assertThat(recorder.messages).containsExactly("1", "2", "3");
  }

  @Test
  void slowCallerIsToldOnlyTheNewest() {
    open();
    Eventually.until("the state is told", () -> recorder.messages.size() == 1);
    recorder.ready = false;
    answer = "4";

    for (String state : List.of("=2", "=3", "=4")) {
      hint(state);
    }
    Recorder other = new Recorder();
    open(other, new TestCall());
    Eventually.until("the others know it", () -> other.messages.contains("4"));
    recorder.catchUp();

    assertThat(recorder.messages).containsExactly("1", "4");
  }

  @Test
  void oneLoadServesAllThatWatch() {
    answer = null;
    open();
    Eventually.until("it is loaded", () -> loads.size() == 1);
    List<Recorder> others = List.of(new Recorder(), new Recorder(), new Recorder());
    others.forEach(caller -> open(caller, new TestCall()));

    loads.get(0).complete(Look.at("1"));
    Eventually.until("one more is for all who came during the first", () -> loads.size() > 1);
    answer = "1";
    loads.forEach(load -> load.complete(Look.at("1")));

    others.forEach(caller -> Eventually.until("all are told", () -> caller.messages.size() == 1));
    Eventually.until("the first is told", () -> recorder.messages.size() == 1);
    // One more when the subscription had to be put back meanwhile.
    assertThat(loads.size()).isLessThan(1 + others.size());
    assertThat(subscribers()).isEqualTo(1);
  }

  @Test
  void sweepFindsWhatALostHintWouldHaveTold() {
    watches = watches(50, NEVER_MILLIS, Integer.MAX_VALUE);
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));

    answer = "2";

    Eventually.until("the change is told", () -> recorder.messages.contains("2"));
  }

  @Test
  void quietStreamShowsThatItIsAlive() {
    watches = watches(50, NEVER_MILLIS, Integer.MAX_VALUE);
    open();

    Eventually.until("it beats", () -> recorder.messages.contains("beat"));
  }

  @Test
  void failureThatPassesIsSurvivedAndSaid() {
    watches = watches(50, NEVER_MILLIS, Integer.MAX_VALUE);
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));

    answer = null;
    Eventually.until("a load fails", () -> failOpenLoad(ApiException.storeUnavailable("away")));
    Eventually.until("it says that it is stale", () -> recorder.messages.contains("stale"));
    answer = "2";
    loads.forEach(load -> load.complete(Look.at("2")));

    Eventually.until("the change is told", () -> recorder.messages.contains("2"));
    assertThat(recorder.failure).isNotCompleted();
  }

  @Test
  void failureThatStaysEndsTheStream() {
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));
    answer = null;
    hint("look");
    Eventually.until(
        "a load fails", () -> failOpenLoad(new IllegalStateException("nobody expected it")));

    Eventually.until("the stream ends", recorder.failure::isCompletedExceptionally);
  }

  @Test
  void firstLoadThatFailsEndsTheStream() {
    answer = null;
    open();
    Eventually.until("it is loaded", () -> !loads.isEmpty());

    loads.get(0).completeExceptionally(ApiException.storeUnavailable("away"));

    Eventually.until("the stream ends", recorder.failure::isCompletedExceptionally);
  }

  @Test
  void drainIsTheLastMessage() {
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));

    call.drain();

    assertThat(recorder.messages).containsExactly("1", "reconnect");
    assertThat(recorder.completed).isTrue();
  }

  @Test
  void lastStateEndsTheStream() {
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));

    hint("=last");

    Eventually.until("it has ended", () -> recorder.completed);
    assertThat(recorder.messages).containsExactly("1", "last");
  }

  @Test
  void nobodyListensAnyMoreOnceNobodyWatches() {
    watches = watches(NEVER_MILLIS, 20, Integer.MAX_VALUE);
    open();
    Eventually.until("the state is told", () -> recorder.messages.contains("1"));
    assertThat(subscribers()).isEqualTo(1);

    call.cancel();

    Eventually.until("it is closed", () -> watches.size() == 0 && subscribers() == 0);
  }

  @Test
  void callThatEndsBeforeItsWatchBeginsLeavesNothingBehind() {
    watches = watches(NEVER_MILLIS, 20, Integer.MAX_VALUE);
    call.cancel();

    open();

    Eventually.until("it is closed", () -> watches.size() == 0 && subscribers() == 0);
    assertThat(recorder.messages).isEmpty();
  }

  @Test
  void copyIsLoadedOnceForAllWhoMayHaveAnOldOne() {
    for (int i = 0; i < 10; i++) {
      assertThat(read(LONG).toCompletableFuture().join()).isEqualTo("1");
    }

    assertThat(loads).hasSize(1);
  }

  @Test
  void whoWantsNoOldAnswerIsSentToRedis() {
    assertThat(watches.read(SCOPE, watched, Duration.ZERO)).isEmpty();
    assertThat(loads).isEmpty();
  }

  @Test
  void loadThatBeganBeforeTheQuestionDoesNotAnswerIt() {
    answer = null;
    CompletableFuture<String> first = read(LONG).toCompletableFuture();
    Eventually.until("time has passed", () -> System.nanoTime() % 1_000 != 0);
    CompletableFuture<String> second = read(Duration.ofNanos(1)).toCompletableFuture();
    assertThat(loads).hasSize(1);

    loads.get(0).complete(Look.at("1"));

    assertThat(first.join()).isEqualTo("1");
    assertThat(second).isNotDone();
    loads.get(1).complete(Look.at("2"));
    assertThat(second.join()).isEqualTo("2");
  }

  @Test
  void answerComesBeforeTheDeadlineEvenWhenRedisDoesNot() {
    answer = null;
    RequestContext scope =
        new RequestContext("default", Deadline.after(500, TimeUnit.MILLISECONDS));

    CompletableFuture<String> copy =
        watches.read(scope, watched, LONG).orElseThrow().toCompletableFuture();

    assertThatThrownBy(() -> copy.get(10, TimeUnit.SECONDS)).isInstanceOf(Exception.class);
    assertThat(loads.get(0)).isNotDone();
  }

  @Test
  void copiesThatNobodyWatchesAreBounded() {
    watches = watches(NEVER_MILLIS, 20, 1);
    read(LONG).toCompletableFuture().join();

    Eventually.until("it is forgotten", () -> watches.size() == 0);
    watches = watches(NEVER_MILLIS, NEVER_MILLIS, 1);
    read(LONG).toCompletableFuture().join();

    assertThat(watches.read(SCOPE, other(), LONG)).isEmpty();
    assertThat(watches.read(SCOPE, watched, LONG)).isPresent();
  }

  /** Fails a load that is under way; false when none is. */
  private boolean failOpenLoad(RuntimeException failure) {
    return loads.stream().anyMatch(load -> load.completeExceptionally(failure));
  }

  private Watches<String> watches(long sweepMillis, long lingerMillis, int mostCopies) {
    return new Watches<>(
        connection.redis().pubSub(),
        connection.timer(),
        new WatchSettings(0, sweepMillis, lingerMillis),
        new Copies<>(String::length, mostCopies, Long.MAX_VALUE));
  }

  private void open() {
    open(recorder, call);
  }

  private void open(Recorder caller, TestCall from) {
    watches.open(watched, new Texts(), from.call(), caller);
  }

  private CompletionStage<String> read(Duration age) {
    return watches.read(SCOPE, watched, age).orElseThrow();
  }

  private Watched<String> other() {
    return new Watched<>() {
      @Override
      public String channel() {
        return CHANNEL + "2";
      }

      @Override
      public CompletionStage<Look<String>> load(String known) {
        return watched.load(known);
      }
    };
  }

  private static void hint(String payload) {
    TestRedis.nodes().forEach(node -> publish(node, payload));
  }

  private static void publish(RedisNode node, String payload) {
    if (node.commands().pubsubShardNumsub(CHANNEL).get(CHANNEL) > 0) {
      node.commands().spublish(CHANNEL, payload);
    }
  }

  private static long subscribers() {
    return TestRedis.nodes().stream()
        .mapToLong(node -> node.commands().pubsubShardNumsub(CHANNEL).get(CHANNEL))
        .sum();
  }

  /** Tells the state as it is. */
  private static final class Texts extends StateReader<String, String> {
    @Override
    protected String message(String state) {
      return state;
    }

    @Override
    public String heartbeat(String state, boolean stale) {
      return stale ? "stale" : "beat";
    }

    @Override
    public boolean isLast(String state) {
      return state.equals("last");
    }

    @Override
    public String reconnect() {
      return "reconnect";
    }
  }

  /** Keeps what it is sent. */
  private static final class Recorder implements ResponseStream<String> {
    private final List<String> messages = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private volatile boolean ready = true;
    private volatile boolean completed;
    private volatile Runnable onReady;

    void catchUp() {
      ready = true;
      onReady.run();
    }

    @Override
    public void send(String message) {
      messages.add(message);
    }

    @Override
    public void conflate(String message) {
      messages.add(message);
    }

    @Override
    public boolean isReady() {
      return ready && !completed;
    }

    @Override
    public void onReady(Runnable action) {
      onReady = action;
    }

    @Override
    public void complete() {
      completed = true;
    }

    @Override
    public void fail(Throwable reason) {
      failure.completeExceptionally(reason);
    }
  }
}
