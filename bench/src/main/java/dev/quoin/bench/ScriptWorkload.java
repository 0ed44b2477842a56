// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.async.RedisAsyncCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.channel.Channel;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Workers that send the server's own scripts straight to Redis, over one Lettuce connection. */
final class ScriptWorkload implements Workload {
  private static final Long TAKEN = 1L;
  private static final Long HANDED_OVER = 0L;
  private static final LuaScript ACQUIRE = LuaScript.load("locks/acquire_fast");
  private static final LuaScript RELEASE = LuaScript.load("locks/release");
  private static final int FLUSH_EVERY = 128;

  private final ClientResources resources;
  private final RedisClient client;
  private final RedisAsyncCommands<String, byte[]> redis;

  ScriptWorkload(Testbed testbed, int workers) {
    resources =
        ClientResources.builder()
            .nettyCustomizer(
                new NettyCustomizer() {
                  @Override
                  public void afterChannelInitialized(Channel channel) {
                    channel.pipeline().addFirst(new FlushConsolidationHandler(FLUSH_EVERY, true));
                  }
                })
            .build();
    client = RedisClient.create(resources, testbed.redisUri());
    var connection = client.connect(RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE));
    redis = connection.async();
    connection.sync().scriptLoad(ACQUIRE.body());
    connection.sync().scriptLoad(RELEASE.body());
  }

  @Override
  public Operation worker(int index) {
    String entity = new Keyspace("quoin", "locks").entity("default", "script-" + index);
    String[] free = {entity + "owner", entity + "line", entity + "marks"};
    String[] held = {entity + "owner", entity + "line", entity + "marks", entity + "shares"};
    byte[] token = bytes("0123456789012345678901");
    byte[][] acquireArguments = {token, bytes("10000"), bytes("")};
    byte[][] releaseArguments = {token};
    return done ->
        run(
            ACQUIRE,
            free,
            acquireArguments,
            TAKEN,
            done,
            () -> run(RELEASE, held, releaseArguments, HANDED_OVER, done, done::ok));
  }

  private void run(
      LuaScript script,
      String[] keys,
      byte[][] arguments,
      Long wanted,
      Operation.Done done,
      Runnable next) {
    redis
        .<List<Object>>evalsha(script.sha(), ScriptOutputType.MULTI, keys, arguments)
        .whenComplete(
            (reply, failure) -> {
              if (failure != null) {
                done.failed(failure);
              } else if (!reply.get(0).equals(wanted)) {
                done.failed(new IllegalStateException(script.name() + " answered " + reply));
              } else {
                next.run();
              }
            });
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    client.shutdown(0, 1, TimeUnit.SECONDS);
    resources.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
