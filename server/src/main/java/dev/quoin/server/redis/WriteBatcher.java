// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.RedisCommand;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.EncoderException;
import io.netty.handler.flush.FlushConsolidationHandler;
import java.util.Collection;

/**
 * Writes commands in place of Lettuce's encoder: those between two flushes into one buffer, since a
 * buffer for each costs more than what is written into it. Flushes are few: what is asked while
 * answers are read goes out together. A command counts as written once it is in the buffer; when
 * the connection breaks, what has no answer fails, written or not.
 */
final class WriteBatcher extends ChannelDuplexHandler {
  private static final String NAME = "joinedWrites";
  private static final int FLUSH_EVERY = 128;
  private static final int BYTES = 16 * 1024;

  private ByteBuf joined;

  private WriteBatcher() {}

  static void on(Channel channel) {
    WriteBatcher writes = new WriteBatcher();
    channel.pipeline().replace(CommandEncoder.class, NAME, writes);
    channel.pipeline().addAfter(NAME, null, new FlushConsolidationHandler(FLUSH_EVERY, true));
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (!context.channel().isActive()) {
      // Fails, and says why.
      context.write(Unpooled.EMPTY_BUFFER, promise);
      return;
    }
    try {
      if (message instanceof RedisCommand<?, ?, ?> command) {
        join(context, command);
      } else if (message instanceof Collection<?> commands) {
        for (Object command : commands) {
          join(context, (RedisCommand<?, ?, ?>) command);
        }
      } else {
        pass(context);
        context.write(message, promise);
        return;
      }
    } catch (RuntimeException e) {
      promise.tryFailure(new EncoderException("the command could not be written", e));
      context.close();
      return;
    }
    promise.trySuccess();
  }

  private void join(ChannelHandlerContext context, RedisCommand<?, ?, ?> command) {
    if (joined == null) {
      joined = context.alloc().directBuffer(BYTES);
    }
    int begin = joined.writerIndex();
    try {
      command.encode(joined);
    } catch (RuntimeException e) {
      joined.writerIndex(begin);
      throw e;
    }
    if (joined.readableBytes() >= BYTES) {
      pass(context);
    }
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
      // Not the void promise, which tells the pipeline of a failure: Lettuce would take the first
      // command out of those that wait, and the answers still to be read would go to the wrong
      // ones.
      context.write(full).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }
}
