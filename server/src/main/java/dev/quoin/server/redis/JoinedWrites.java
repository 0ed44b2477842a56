// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;

/**
 * Joins the commands written between two flushes into one buffer: to copy a short command costs
 * less than to keep account of it until the network has taken it. A command counts as written once
 * it is in the buffer; when the connection breaks, what has no answer fails, written or not.
 */
final class JoinedWrites extends ChannelDuplexHandler {
  private static final int BYTES = 16 * 1024;

  private ByteBuf joined;

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (!(message instanceof ByteBuf command)
        || command.readableBytes() > BYTES / 4
        || !context.channel().isActive()) {
      pass(context);
      context.write(message, promise);
      return;
    }
    if (joined != null && joined.writableBytes() < command.readableBytes()) {
      pass(context);
    }
    if (joined == null) {
      joined = context.alloc().directBuffer(BYTES, BYTES);
    }
    joined.writeBytes(command);
    command.release();
    promise.trySuccess();
  }

  @Override
  public void flush(ChannelHandlerContext context) {
    pass(context);
    context.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    pass(context);
    context.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    pass(context);
  }

  private void pass(ChannelHandlerContext context) {
    if (joined != null) {
      ByteBuf full = joined;
      joined = null;
      context.write(full, context.voidPromise());
    }
  }
}
