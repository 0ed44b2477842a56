// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RedisAddress;
import dev.quoin.server.redis.RedisConnector;
import dev.quoin.server.redis.RedisOptions;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.util.HashedWheelTimer;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * A connection to Redis, for tests of the kernel that need no server.
 *
 * @param redis the connection
 * @param timer the clock it uses
 * @param loops the event loops it uses
 */
public record TestConnection(Redis redis, HashedWheelTimer timer, EventLoopGroup loops)
    implements AutoCloseable {

  /** To the Redis all tests share. */
  public static TestConnection open() {
    return open(
        TestRedis.uri(),
        new RedisOptions(Duration.ofSeconds(2), true, "quoin", 20_000, 64 * 1024 * 1024));
  }

  /** To another Redis. */
  public static TestConnection open(String uri, RedisOptions options) {
    EventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(
            1, Epoll.isAvailable() ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    HashedWheelTimer timer = new HashedWheelTimer();
    Redis redis = RedisConnector.connect(RedisAddress.parse(uri), options, loops, timer);
    return new TestConnection(redis, timer, loops);
  }

  @Override
  public void close() {
    redis.close();
    timer.stop();
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
