// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.logging.Logger;

/**
 * Closes an HTTP/2 connection that keeps the server busy with frames that carry nothing of a call:
 * settings, priorities, empty data that ends nothing, frames of unknown types. Neither Netty nor
 * gRPC limits those when the peer reads the answers; they do limit resets, pings and headers. And
 * one whose headers, which may come in several frames, are not complete in time: until they are,
 * nothing else can come.
 */
final class ControlFrames extends ChannelInboundHandlerAdapter {
  private static final Logger LOG = Logger.getLogger(ControlFrames.class.getName());
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final int PREFACE_BYTES = 24;
  private static final int HEADER_BYTES = 9;
  private static final int DATA = 0;
  private static final int HEADERS = 1;
  private static final int PRIORITY = 2;
  private static final int SETTINGS = 4;
  private static final int CONTINUATION = 9;
  private static final int END_STREAM = 1;
  private static final int END_HEADERS = 4;
  private static final int PADDED = 8;
  private static final int LONGEST_PADDING = 256;

  private final int most;
  private final Duration longest;
  private Future<?> alarm;
  private long windowEnd = System.nanoTime() + WINDOW_NANOS;
  private int count;

  /** What is to be skipped before the next header begins. */
  private long skip = PREFACE_BYTES;

  /** How many bytes of a header have been read, and what they say. */
  private int headerBytes;

  private int length;
  private int type;
  private int flags;

  private ControlFrames(int most, Duration longest) {
    this.most = most;
    this.longest = longest;
  }

  /** Puts it where frames can be read: behind TLS, if there is TLS. */
  static final class Entrance extends ChannelInboundHandlerAdapter {
    private final int most;
    private final Duration longest;

    /**
     * @param most how many such frames a connection may send within 10 seconds
     * @param longest for how long the headers of a request may be incomplete
     */
    Entrance(int most, Duration longest) {
      this.most = most;
      this.longest = longest;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object bytes) {
      ChannelHandlerContext tls = context.pipeline().context(SslHandler.class);
      String place = tls == null ? context.name() : tls.name();
      context.pipeline().addAfter(place, null, new ControlFrames(most, longest));
      context.fireChannelRead(bytes);
      context.pipeline().remove(this);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && !read(context, bytes)) {
      bytes.release();
      LOG.fine(() -> "closed a connection that sends too many frames without content");
      context.close();
      return;
    }
    context.fireChannelRead(message);
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
        skip = length;
        watchHeaders(context);
        if (isControl() && !isAllowed()) {
          return false;
        }
      }
    }
    return true;
  }

  private void watchHeaders(ChannelHandlerContext context) {
    if (type == HEADERS && (flags & END_HEADERS) == 0) {
      alarm =
          context
              .executor()
              .schedule(() -> context.close(), longest.toMillis(), TimeUnit.MILLISECONDS);
    } else if (alarm != null && (flags & END_HEADERS) != 0) {
      stopWatching();
    }
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

  private boolean isAllowed() {
    long now = System.nanoTime();
    if (now - windowEnd > 0) {
      windowEnd = now + WINDOW_NANOS;
      count = 0;
    }
    return ++count <= most;
  }
}
