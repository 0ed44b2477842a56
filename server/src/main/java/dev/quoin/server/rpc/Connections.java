// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Logger;

/**
 * Accepts connections up to a number in all and for each address they come from; others are closed
 * at once. Stands first in the pipeline of a listening socket.
 */
@Sharable
public final class Connections extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(Connections.class.getName());
  private static final long LOG_PERIOD_NANOS = 1_000_000_000L;

  private final int most;
  private final int mostPerPeer;
  private final ControlFrames.Limits limits;
  private final AtomicInteger open = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> perPeer = new ConcurrentHashMap<>();
  private volatile long nextLog = System.nanoTime();

  /**
   * @param limits what each may send; gRPC itself limits pings
   */
  public Connections(int most, int mostPerPeer, ControlFrames.Limits limits) {
    this.most = most;
    this.mostPerPeer = mostPerPeer;
    this.limits = limits;
  }

  /** How many are open. */
  public int open() {
    return open.get();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object accepted) {
    Channel connection = (Channel) accepted;
    if (!accepts(connection)) {
      connection.unsafe().closeForcibly();
      return;
    }
    connection.pipeline().addFirst(new ControlFrames.Entrance(limits));
    context.fireChannelRead(accepted);
  }

  /** Counts a connection until it closes; false for one too many, which the caller closes. */
  public boolean accepts(Channel connection) {
    InetAddress peer =
        connection.remoteAddress() instanceof InetSocketAddress address
            ? address.getAddress()
            : InetAddress.getLoopbackAddress();
    if (!enter(peer)) {
      refused(peer);
      return false;
    }
    connection.closeFuture().addListener(closed -> leave(peer));
    return true;
  }

  private boolean enter(InetAddress peer) {
    if (open.incrementAndGet() > most) {
      open.decrementAndGet();
      return false;
    }
    if (perPeer.merge(peer, 1, Integer::sum) > mostPerPeer) {
      leave(peer);
      return false;
    }
    return true;
  }

  private void leave(InetAddress peer) {
    open.decrementAndGet();
    perPeer.computeIfPresent(peer, (address, count) -> count == 1 ? null : count - 1);
  }

  private void refused(InetAddress peer) {
    long now = System.nanoTime();
    if (now - nextLog >= 0) {
      nextLog = now + LOG_PERIOD_NANOS;
      LOG.warning(
          "closed a connection from %s: %d are open, %d from there"
              .formatted(peer.getHostAddress(), open.get(), perPeer.getOrDefault(peer, 0)));
    }
  }
}
