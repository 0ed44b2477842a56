// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * Closes an HTTP/2 connection that keeps the server busy with frames that carry nothing of a call:
 * settings, priorities, empty data that ends nothing, frames of unknown types. Neither Netty nor
 * gRPC limits those when the peer reads the answers; they do limit resets and headers, and gRPC
 * limits pings. And one whose headers, which may come in several frames, are not complete in time:
 * until they are, nothing else can come. The peer is told by a GOAWAY.
 */
public final class ControlFrames extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(ControlFrames.class.getName());
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int PREFACE_BYTES = 24;

  /** Answers that the peer does not read; Netty keeps no more of them where gRPC asks it to. */
  private static final int MOST_UNREAD = 10_000;

  private static final int HEADER_BYTES = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int SETTINGS = 4;
  private static final int PING = 6;
  private static final int GOAWAY = 7;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int LONGEST_PADDING = 256;

  /**
   * What a connection may send.
   *
   * @param control frames that carry nothing of a call within 10 seconds
   * @param pings within 10 seconds
   * @param arrival for how long the headers of a request may be incomplete
   */
  public record Limits(int control, int pings, Duration arrival) {}

  private final Limits limits;
  private Future<?> alarm;
  private long windowEnd = System.nanoTime() + WINDOW_NANOS;
  private int controls;
  private int pings;
  private boolean begun;
  private boolean closing;

  /** What is to be skipped before the next header begins. */
  private long skip;

  /** How many bytes of a header have been read, and what they say. */
  private int headerBytes;

  private int length;
  private int type;
  private int flags;

  /**
   * @param read bytes of the preface of HTTP/2 that came before
   */
  public ControlFrames(Limits limits, int read) {
    this.limits = limits;
    this.skip = PREFACE_BYTES - read;
  }

  /** Puts it where frames can be read: behind TLS, if there is TLS. */
  static final class Entrance extends ChannelInboundHandlerAdapter {
    private final Limits limits;

    Entrance(Limits limits) {
      this.limits = limits;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      ChannelHandlerContext tls = context.pipeline().context(SslHandler.class);
      String place = tls == null ? context.name() : tls.name();
      context.pipeline().addAfter(place, null, new ControlFrames(limits, 0));
      context.fireChannelRead(bytes);
      context.pipeline().remove(this);
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    watch(context, "the preface did not arrive in time");
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (closing) {
      ReferenceCountUtil.release(message);
    } else if (message instanceof ByteBuf bytes && !read(context, bytes)) {
      bytes.release();
      LOG.fine(() -> "closed a connection that sends too many frames without content");
      goAway(context, "too many frames that carry nothing");
    } else {
      context.fireChannelRead(message);
    }
  }

  /** Closes the connection and says why, whether the peer reads that or not. */
  private void goAway(ChannelHandlerContext context, String why) {
    closing = true;
    stopWatching();
    context.channel().config().setAutoRead(false);
    byte[] text = why.getBytes(StandardCharsets.US_ASCII);
    ByteBuf frame = context.alloc().buffer(HEADER_BYTES + 2 * Integer.BYTES + text.length);
    frame.writeMedium(2 * Integer.BYTES + text.length).writeByte(GOAWAY).writeByte(0).writeInt(0);
    frame.writeInt(Integer.MAX_VALUE).writeInt((int) Http2Error.ENHANCE_YOUR_CALM.code());
    // From here: those behind would wait for their calls to end.
    context.writeAndFlush(frame.writeBytes(text)).addListener(written -> context.close());
    alarm = context.executor().schedule(() -> context.close(), 1, TimeUnit.SECONDS);
  }

  /** Whether all is well after these bytes, which are left as they are. */
  private boolean read(ChannelHandlerContext context, ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (skip > 0) {
        long step = Math.min(skip, end - at);
        skip -= step;
        at += (int) step;
        continue;
      }
      header(bytes.getUnsignedByte(at++));
      if (headerBytes == HEADER_BYTES) {
        headerBytes = 0;
        if (!begun) {
          begun = true;
          stopWatching();
        }
        skip = length;
        watchHeaders(context);
        if (!isAllowed(context.channel())) {
          return false;
        }
      }
    }
    return true;
  }

  private void watchHeaders(ChannelHandlerContext context) {
    if (type == HEADERS && (flags & END_HEADERS) == 0) {
      stopWatching();
      watch(context, "the headers did not arrive in time");
    } else if (alarm != null && (flags & END_HEADERS) != 0) {
      stopWatching();
    }
  }

  private void watch(ChannelHandlerContext context, String why) {
    alarm =
        context
            .executor()
            .schedule(
                () -> goAway(context, why), limits.arrival().toMillis(), TimeUnit.MILLISECONDS);
  }

  private void stopWatching() {
    if (alarm != null) {
      alarm.cancel(false);
      alarm = null;
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    stopWatching();
    context.fireChannelInactive();
  }

  private void header(int next) {
    switch (headerBytes++) {
      case 0 -> length = next;
      case 1, 2 -> length = length << 8 | next;
      case 3 -> type = next;
      case 4 -> flags = next;
      default -> {}
    }
  }

  private boolean isControl() {
    return switch (type) {
      case DATA -> mayBeEmpty() && (flags & END_STREAM) == 0;
      case HEADERS, CONTINUATION -> length == 0;
      case PRIORITY, SETTINGS -> true;
      default -> type > CONTINUATION;
    };
  }

  /** Whether the frame carries nothing, or no more than it can have padding. */
  private boolean mayBeEmpty() {
    return length == 0 || (flags & PADDED) != 0 && length <= LONGEST_PADDING;
  }

  private boolean isAllowed(Channel channel) {
    boolean isControl = isControl();
    if (!isControl && type != PING) {
      return type != HEADERS || hasReader(channel);
    }
    long now = System.nanoTime();
    if (now - windowEnd > 0) {
      windowEnd = now + WINDOW_NANOS;
      controls = 0;
      pings = 0;
    }
    boolean isRare = isControl ? ++controls <= limits.control() : ++pings <= limits.pings();
    return isRare && hasReader(channel);
  }

  /** What such frames are answered with is kept until it is read. */
  private static boolean hasReader(Channel channel) {
    ChannelOutboundBuffer unread = channel.unsafe().outboundBuffer();
    return unread == null || unread.size() <= MOST_UNREAD;
  }
}
