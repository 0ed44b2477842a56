// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.DatagramPacket;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Takes syslog messages over UDP and over at most 1,000 TCP connections. */
final class SyslogListener {
  private static final Logger LOG = Logger.getLogger(SyslogListener.class.getName());

  private static final int CONNECTIONS = 1_000;

  private final SyslogBuffer buffer;
  private final SyslogNames names = new SyslogNames();
  private final AtomicInteger connections = new AtomicInteger();

  SyslogListener(SyslogBuffer buffer) {
    this.buffer = buffer;
  }

  /** Listens on the ports that are set. */
  void open(Kernel kernel) {
    Settings settings = kernel.settings();
    if (settings.syslogUdpPort() != 0) {
      open(
          "syslog-udp-port",
          port -> kernel.sockets().receiveUdp(settings.syslogHost(), port, new Datagrams()),
          settings.syslogUdpPort());
    }
    if (settings.syslogTcpPort() != 0) {
      open(
          "syslog-tcp-port",
          port -> kernel.sockets().acceptTcp(settings.syslogHost(), port, connectionHandler()),
          settings.syslogTcpPort());
    }
  }

  private static void open(String setting, IntConsumer opener, int port) {
    try {
      opener.accept(port);
    } catch (Exception e) {
      throw new BadSettings("%s: cannot listen on %d: %s".formatted(setting, port, e.getMessage()));
    }
  }

  private ChannelHandler connectionHandler() {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        if (connections.incrementAndGet() > CONNECTIONS) {
          channel.close();
        }
        channel.closeFuture().addListener(closed -> connections.decrementAndGet());
        channel.pipeline().addLast(new SyslogFrames(), new Messages());
      }
    };
  }

  private SyslogMessage message(byte[] bytes) {
    return names.named(SyslogMessage.parse(bytes));
  }

  private final class Datagrams extends SimpleChannelInboundHandler<DatagramPacket> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, DatagramPacket packet) {
      if (packet.content().isReadable()) {
        buffer.offer(message(ByteBufUtil.getBytes(packet.content())));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
      LOG.log(Level.FINE, "a syslog datagram cannot be taken", failure);
    }
  }

  /** Holds its sender back while there is no room. */
  private final class Messages extends SimpleChannelInboundHandler<byte[]> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, byte[] message) {
      buffer.take(message(message));
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      if (buffer.isFull() && context.channel().config().isAutoRead()) {
        context.channel().config().setAutoRead(false);
        buffer.whenRoom(() -> context.channel().config().setAutoRead(true));
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable failure) {
      LOG.log(Level.FINE, "a syslog connection ends", failure);
      context.close();
    }
  }
}
