// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.EncoderException;
import io.opentelemetry.api.OpenTelemetry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What {@link WriteBatcher}, {@link Evalsha} and {@link Failures} take for granted of Lettuce
 * although Lettuce does not promise it. When one of these tests fails after an upgrade, compare
 * Lettuce's CommandHandler, CommandEncoder and DefaultEndpoint of both versions.
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
  void commandHandlerHandsCommandsToTheEncoder() {
    List<String> pipeline = new ArrayList<>();
    ClientResources resources =
        ClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    channel.pipeline().toMap().values().stream()
                        .filter(ChannelOutboundHandler.class::isInstance)
                        .forEach(handler -> pipeline.add(handler.getClass().getSimpleName()));
                  }
                })
            .build();
    RedisClient client = RedisClient.create(resources);
    try (var connection = client.connect(RedisURI.create(redis.uri()))) {
      assertThat(connection.sync().ping()).isEqualTo("PONG");
      assertThat(pipeline)
          .containsExactly("CommandEncoder", "CommandHandler", "HashImportOutboundHandler");
    } finally {
      client.shutdown();
      resources.shutdown();
    }
  }

  @Test
  void encoderWritesCommandsAndNothingElse() {
    EmbeddedChannel theirs = new EmbeddedChannel(new CommandEncoder());
    EmbeddedChannel ours = new EmbeddedChannel(new CommandEncoder());
    WriteBatcher.on(ours);

    assertThat(written(ours))
        .isEqualTo(written(theirs))
        .startsWith(
            "*1\r\n$4\r\nPING\r\n*2\r\n$4\r\nECHO\r\n$1\r\na\r\n*4\r\n$7\r\nEVALSHA\r\n$40");
  }

  private static String written(EmbeddedChannel channel) {
    channel.write(command(CommandType.PING, null));
    channel.write(List.of(command(CommandType.ECHO, "a"), count("key", new Ends())));
    channel.flush();
    StringBuilder bytes = new StringBuilder();
    for (ByteBuf part = channel.readOutbound(); part != null; part = channel.readOutbound()) {
      bytes.append(part.toString(StandardCharsets.US_ASCII));
      part.release();
    }
    return bytes.toString();
  }

  @Test
  void scriptIsSentWithoutAFutureAroundIt() throws Exception {
    redis.commands().scriptLoad(COUNT.body());
    Ends ends = new Ends();
    Evalsha script = count("key", ends);

    RedisCommand<String, byte[], List<Object>> sent = connect().dispatch(script);

    assertThat(sent).isSameAs(script);
    assertThat(ends.failure()).isNull();
  }

  @Test
  void errorsOfRedisComeAsExceptionsOfTheirKind() throws Exception {
    StatefulConnection<String, byte[]> connection = connect();
    Ends unknown = new Ends();
    connection.dispatch(count("key", unknown));
    assertThat(unknown.failure()).isInstanceOf(RedisNoScriptException.class);

    redis.commands().scriptLoad(COUNT.body());
    redis.commands().rpush("list", "a");
    Ends wrong = new Ends();
    connection.dispatch(count("list", wrong));
    assertThat(wrong.failure())
        .isInstanceOf(RedisCommandExecutionException.class)
        .hasMessageStartingWith("WRONGTYPE");
    unknown.assertNoOther();
    wrong.assertNoOther();
  }

  @Test
  void commandInFlightWhenTheConnectionBreaksFailsOnceAndIsNotSentAgain() throws Exception {
    StatefulConnection<String, byte[]> connection = connect();
    redis.freeze();
    Ends script = new Ends();
    connection.dispatch(command(CommandType.INCR, "counter"));
    connection.dispatch(count("other", script));
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
    StatefulConnection<String, byte[]> connection = connect();
    redis.kill();
    Eventually.until("the connection is known to be broken", () -> !answers(connection));
    Ends ends = new Ends();

    connection.dispatch(count("key", ends));

    assertThat(Failures.wasNotSent(ends.failure())).isTrue();
    redis.start();
    Eventually.until("the connection is back", () -> answers(connection));
    ends.assertNoOther();
  }

  @Test
  void commandThatCannotBeWrittenFailsOnceAndIsNotSentAgain() throws Exception {
    redis.commands().scriptLoad(COUNT.body());
    StatefulConnection<String, byte[]> connection = connect();
    Ends ends = new Ends();
    Object unwritable =
        new Object() {
          @Override
          public String toString() {
            throw new IllegalStateException("for the test");
          }
        };

    connection.dispatch(count("key", ends, unwritable));

    assertThat(ends.failure()).isInstanceOf(EncoderException.class);
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
  @SuppressWarnings("unchecked")
  private StatefulConnection<String, byte[]> connect() {
    opened = TestConnection.open(redis.uri(), OPTIONS);
    return opened
        .redis()
        .<StatefulConnection<String, byte[]>>ask(
            SCOPE,
            null,
            CommandProfile.SMALL,
            (commands, answered) ->
                answered.accept(
                    ((AbstractRedisAsyncCommands<String, byte[]>) commands).getConnection(), null),
            late -> {})
        .join();
  }

  /** Whether a connection brings an answer now. */
  private static boolean answers(StatefulConnection<String, byte[]> connection) {
    Ends ends = new Ends();
    connection.dispatch(count("answers", ends));
    try {
      Throwable failure = ends.failure();
      return failure == null || failure instanceof RedisNoScriptException;
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Evalsha count(String key, Ends ends, Object... arguments) {
    return new Evalsha(
        RedisConnector.CODEC,
        COUNT.command(),
        COUNT.readsOnly(),
        new String[] {key},
        arguments,
        ends::accept);
  }

  private static Command<String, byte[], String> command(CommandType type, String argument) {
    CommandArgs<String, byte[]> arguments = new CommandArgs<>(RedisConnector.CODEC);
    return new Command<>(
        type,
        new StatusOutput<>(RedisConnector.CODEC),
        argument == null ? arguments : arguments.addKey(argument));
  }
}
