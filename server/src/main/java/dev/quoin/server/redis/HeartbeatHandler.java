// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.ValueOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Pings its connection with a text that differs every time. A connection that does not echo it for
 * some seconds is dead; one that answers something else is out of step, so that its answers reach
 * the wrong commands. Both are closed, which fails the commands in flight, and reconnected.
 */
final class HeartbeatHandler extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(HeartbeatHandler.class.getName());
  private static final long PERIOD_MILLIS = 500;

  private final long mostSilent;
  private long beats;
  private long silent;
  private Beat unanswered;

  /**
   * @param limitMillis how long the answer may take; counted in beats, so that a server which was
   *     busy itself does not take that for silence
   */
  HeartbeatHandler(long limitMillis) {
    this.mostSilent = Math.max(1, limitMillis / PERIOD_MILLIS);
  }

  /** Comes once the connection is set up and commands may be sent. */
  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.fireChannelActive();
    beatLater(context);
  }

  private void beatLater(ChannelHandlerContext context) {
    context.executor().schedule(() -> beat(context), PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void beat(ChannelHandlerContext context) {
    if (!context.channel().isActive()) {
      return;
    }
    if (unanswered != null && ++silent >= mostSilent) {
      close(context, "does not answer");
      return;
    }
    if (unanswered == null) {
      silent = 0;
      unanswered = new Beat(context, Long.toString(++beats));
      context.channel().writeAndFlush(unanswered);
    }
    beatLater(context);
  }

  private static void close(ChannelHandlerContext context, String what) {
    LOG.log(
        Level.WARNING,
        "Redis at {0} {1}: closing this connection",
        new Object[] {context.channel().remoteAddress(), what});
    context.close();
  }

  /** A PING with a word that comes back. */
  private final class Beat extends Command<String, String, String> {
    private final ChannelHandlerContext context;
    private final String word;

    Beat(ChannelHandlerContext context, String word) {
      super(
          CommandType.PING,
          new ValueOutput<>(StringCodec.UTF8),
          new CommandArgs<>(StringCodec.UTF8).add(word));
      this.context = context;
      this.word = word;
    }

    @Override
    public void complete() {
      super.complete();
      unanswered = null;
      boolean answered =
          getOutput().hasError()
              ? Failures.concernsAllCommands(getOutput().getError())
              : word.equals(getOutput().get());
      if (!answered) {
        close(context, "answers what was not asked");
      }
    }

    @Override
    public boolean completeExceptionally(Throwable failure) {
      if (context.channel().isActive()) {
        close(context, "answers what cannot be read");
      }
      return super.completeExceptionally(failure);
    }
  }
}
