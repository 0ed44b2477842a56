// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@link Failures} takes for granted of Lettuce although Lettuce does not promise it. When one
 * of these tests fails after an upgrade, compare Lettuce's CommandHandler and DefaultEndpoint of
 * both versions.
 */
final class LettuceInternalsTest {
  private static final LuaScript COUNT = LuaScript.load("test/count");
  private static final RequestContext SCOPE = new RequestContext("default", null);
  private static final RedisOptions OPTIONS =
      new RedisOptions(Duration.ofSeconds(2), true, "quoin", 20_000, 64 * 1024 * 1024);

  private final RedisProcess redis = RedisProcess.start("--appendonly", "no");
  private TestConnection opened;

  /** How a command ended, as often as it was told. */
  private static final class Ends {
    private final BlockingQueue<CompletableFuture<List<Object>>> ends = new LinkedBlockingQueue<>();

    void accept(List<Object> values, Throwable failure) {
      ends.add(
          failure == null
              ? CompletableFuture.completedFuture(values)
              : CompletableFuture.failedFuture(failure));
    }

    Throwable failure() throws InterruptedException {
      CompletableFuture<List<Object>> end = ends.poll(20, TimeUnit.SECONDS);
      assertThat(end).as("the command has ended").isNotNull();
      return end.handle((values, failure) -> failure).join();
    }

    void assertNoOther() {
      assertThat(ends).isEmpty();
    }
  }

  @AfterEach
  void stop() {
    if (opened != null) {
      opened.close();
    }
    redis.close();
  }

  @Test
  void errorsOfRedisComeAsExceptionsOfTheirKind() throws Exception {
    RedisClusterAsyncCommands<String, byte[]> connection = connect();
    Ends unknown = count(connection, "key");
    assertThat(unknown.failure()).isInstanceOf(RedisNoScriptException.class);

    redis.commands().scriptLoad(COUNT.body());
    redis.commands().rpush("list", "a");
    Ends wrong = count(connection, "list");
    assertThat(wrong.failure())
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageStartingWith("WRONGTYPE");
    unknown.assertNoOther();
    wrong.assertNoOther();
  }

  @Test
  void commandInFlightWhenTheConnectionBreaksFailsOnceAndIsNotSentAgain() throws Exception {
    RedisClusterAsyncCommands<String, byte[]> connection = connect();
    redis.freeze();
    connection.incr("counter");
    Ends script = count(connection, "other");
    // The one event loop has written them after this.
    opened.loops().submit(() -> {}).get();

    redis.kill();

    Throwable broken = script.failure();
    assertThat(Failures.of(broken)).isInstanceOf(ApiException.class);
    assertThat(Failures.wasNotSent(broken)).isFalse();
    redis.start();
    Eventually.until("the connection is back", () -> answers(connection));
    assertThat(redis.commands().exists("counter", "other")).isZero();
    script.assertNoOther();
  }

  @Test
  void commandWithoutAConnectionFailsAtOnceAndSaysSo() throws Exception {
    RedisClusterAsyncCommands<String, byte[]> connection = connect();
    redis.kill();
    Eventually.until("the connection is known to be broken", () -> !answers(connection));

    Ends ends = count(connection, "key");

    assertThat(Failures.wasNotSent(ends.failure())).isTrue();
    redis.start();
    Eventually.until("the connection is back", () -> answers(connection));
    ends.assertNoOther();
  }

  @Test
  @Tag("cluster")
  void firstKeyOfAScriptLeadsToItsNode() {
    try (TestConnection cluster = TestConnection.open()) {
      Scripts scripts = new Scripts(cluster.redis(), OpenTelemetry.noop().getMeter("test"));
      long before = redirections();
      for (int i = 0; i < 20; i++) {
        scripts.run(COUNT, SCOPE, new String[] {"key" + i}).join();
      }
      assertThat(redirections()).isEqualTo(before);
    }
  }

  private static long redirections() {
    return TestRedis.nodes().stream()
        .flatMap(node -> node.commands().info("errorstats").lines())
        .filter(line -> line.startsWith("errorstat_MOVED:count="))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1)))
        .sum();
  }

  /** One of the connections that a server has. */
  private RedisClusterAsyncCommands<String, byte[]> connect() {
    opened = TestConnection.open(redis.uri(), OPTIONS);
    return opened
        .redis()
        .<RedisClusterAsyncCommands<String, byte[]>>ask(
            SCOPE,
            null,
            CommandProfile.SMALL,
            (commands, answered) -> answered.accept(commands, null),
            late -> {})
        .join();
  }

  /** Whether a connection brings an answer now. */
  private static boolean answers(RedisClusterAsyncCommands<String, byte[]> connection) {
    try {
      Throwable failure = count(connection, "answers").failure();
      return failure == null || failure instanceof RedisNoScriptException;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Ends count(RedisClusterAsyncCommands<String, byte[]> connection, String key) {
    Ends ends = new Ends();
    connection
        .<List<Object>>evalsha(COUNT.sha(), ScriptOutputType.MULTI, new String[] {key})
        .whenComplete(ends::accept);
    return ends;
  }
}
