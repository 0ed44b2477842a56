// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.kernel;

import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ThreadFactory;

/**
 * The event loops, one group for gRPC and Redis, so that a call changes threads as little as
 * possible.
 *
 * @param group the loops
 * @param serverChannel the kind of listening socket that goes with them
 * @param datagramChannel the kind of UDP socket that goes with them
 */
public record EventLoops(
    EventLoopGroup group,
    Class<? extends ServerChannel> serverChannel,
    Class<? extends DatagramChannel> datagramChannel) {

  /** A listening socket whose connections pass a handler first. */
  public ServerChannel serverChannel(ChannelHandler first) {
    try {
      ServerChannel channel = serverChannel.getDeclaredConstructor().newInstance();
      channel.pipeline().addFirst(first);
      return channel;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot create a socket", e);
    }
  }

  /** Native epoll where there is one. */
  @SuppressWarnings("deprecation") // Lettuce asks for the old type when it runs on NIO.
  public static EventLoops start(int threads) {
    int half = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    int count = threads == 0 ? half : threads;
    ThreadFactory factory = new DefaultThreadFactory("quoin-loop", true);
    return Epoll.isAvailable()
        ? new EventLoops(
            new MultiThreadIoEventLoopGroup(count, factory, EpollIoHandler.newFactory()),
            EpollServerSocketChannel.class,
            EpollDatagramChannel.class)
        : new EventLoops(
            new NioEventLoopGroup(count, factory),
            NioServerSocketChannel.class,
            NioDatagramChannel.class);
  }
}
