// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandEncoder;
import io.lettuce.core.protocol.CommandType;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WriteBatcherTest {

  @Test
  void failedWriteClosesTheConnectionAndIsNotToldToTheCommandsThatWait() {
    List<Throwable> told = new ArrayList<>();
    EmbeddedChannel channel =
        new EmbeddedChannel(new BrokenPipe(), new CommandEncoder(), new Recorder(told));
    WriteBatcher.on(channel);

    channel.writeOutbound(
        new Command<>(CommandType.PING, new StatusOutput<>(StringCodec.UTF8), null));

    assertThat(told).isEmpty();
    assertThat(channel.isOpen()).isFalse();
  }

  /** Fails every write, as the socket of a Redis that was killed does. */
  private static final class BrokenPipe extends ChannelOutboundHandlerAdapter {
    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
      ReferenceCountUtil.release(message);
      promise.setFailure(new IOException("Broken pipe"));
    }
  }

  /** Stands where Lettuce takes a command out for every exception. */
  private static final class Recorder extends ChannelInboundHandlerAdapter {
    private final List<Throwable> told;

    Recorder(List<Throwable> told) {
      this.told = told;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      told.add(cause);
    }
  }
}
