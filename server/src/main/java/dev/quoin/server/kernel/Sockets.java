// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.kernel;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOption;
import io.netty.channel.FixedRecvByteBufAllocator;
import java.util.function.Consumer;

/** Listening sockets of features that speak something else than gRPC, on the event loops. */
public final class Sockets {
  /** As long as a datagram can be. */
  private static final int DATAGRAM_BYTES = 65_535;

  private final EventLoops loops;
  private final Consumer<Runnable> closers;

  /**
   * @param closers what is to run when the server stops
   */
  public Sockets(EventLoops loops, Consumer<Runnable> closers) {
    this.loops = loops;
    this.closers = closers;
  }

  /** Hands the connections made to a TCP port to a handler, which has to be sharable. */
  public void acceptTcp(String host, int port, ChannelHandler handler) {
    opened(
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.serverChannel())
            .childHandler(handler)
            .bind(host, port));
  }

  /** Hands the datagrams sent to a UDP port to a handler. */
  public void receiveUdp(String host, int port, ChannelHandler handler) {
    opened(
        new Bootstrap()
            .group(loops.group())
            .channel(loops.datagramChannel())
            .option(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(DATAGRAM_BYTES))
            .handler(handler)
            .bind(host, port));
  }

  /** Throws what Netty says when the port cannot be had. */
  private void opened(ChannelFuture bound) {
    Channel channel = bound.syncUninterruptibly().channel();
    closers.accept(() -> channel.close().syncUninterruptibly());
  }
}
