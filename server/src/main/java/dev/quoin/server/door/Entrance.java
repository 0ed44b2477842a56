// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import dev.quoin.server.rpc.ControlFrames;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.CombinedChannelDuplexHandler;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.ssl.AbstractSniHandler;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Stands before all that reads a connection, and has it guarded as soon as Armeria has found out
 * which HTTP it speaks: HTTP/2 by {@link ControlFrames}, HTTP/1 by {@link Http1Requests}, which
 * sees an upgrade to HTTP/2, too. Without TLS Armeria looks at the first bytes for that; they are
 * handed on one by one, so that the guard is there before anything else comes.
 */
final class Entrance extends ChannelInboundHandlerAdapter {
  private final ControlFrames.Limits limits;
  private Future<?> alarm;
  private int handedOn;

  private Entrance(ControlFrames.Limits limits) {
    this.limits = limits;
  }

  /** Puts it behind TLS, if there is TLS. */
  static void build(ChannelPipeline pipeline, ControlFrames.Limits limits) {
    ChannelHandlerContext tls = pipeline.context(AbstractSniHandler.class);
    if (tls == null) {
      pipeline.addFirst(new Entrance(limits));
    } else {
      pipeline.addAfter(tls.name(), null, new Entrance(limits));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    if (alarm == null) {
      alarm =
          context
              .executor()
              .schedule(() -> context.close(), limits.arrival().toMillis(), TimeUnit.MILLISECONDS);
    }
    while (!isGuarded(context) && bytes.isReadable()) {
      handedOn++;
      context.fireChannelRead(bytes.readRetainedSlice(1));
    }
    if (bytes.isReadable()) {
      context.fireChannelRead(bytes);
    } else {
      bytes.release();
    }
  }

  private boolean isGuarded(ChannelHandlerContext context) {
    if (context.isRemoved()) {
      return true;
    }
    ChannelPipeline pipeline = context.pipeline();
    // The decoder of HTTP/1 is a class of its own.
    ChannelHandlerContext http1 = pipeline.context(CombinedChannelDuplexHandler.class);
    ChannelHandlerContext http2 = pipeline.context(Http2ConnectionHandler.class);
    if (http1 != null) {
      Http1Requests requests = new Http1Requests(limits);
      pipeline.addAfter(http1.name(), null, requests);
      pipeline.addBefore(http1.name(), null, requests.bytes());
    } else if (http2 != null) {
      pipeline.addBefore(http2.name(), null, new ControlFrames(limits, handedOn));
    } else {
      return false;
    }
    alarm.cancel(false);
    pipeline.remove(this);
    return true;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (alarm != null) {
      alarm.cancel(false);
    }
    context.fireChannelInactive();
  }
}
