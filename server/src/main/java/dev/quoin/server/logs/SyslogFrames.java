// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.util.List;

/**
 * Cuts what comes over a TCP connection into messages, as RFC 6587 describes: a message begins with
 * its length, "42 &lt;13&gt;...", or else ends with a line feed or a zero byte. Of a message that
 * is too long the beginning is taken and the rest is skipped.
 */
final class SyslogFrames extends ByteToMessageDecoder {
  static final int MESSAGE_BYTES = 64 * 1024;
  private static final int LENGTH_DIGITS = 9;

  /** How many bytes of the message before are to be skipped. */
  private int skipBytes;

  /** Whether the message before goes on until its end comes. */
  private boolean skipLine;

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> messages) {
    if (skipBytes > 0) {
      int skipped = Math.min(skipBytes, in.readableBytes());
      in.skipBytes(skipped);
      skipBytes -= skipped;
    } else if (skipLine) {
      int length = lineLength(in);
      in.skipBytes(length < 0 ? in.readableBytes() : length + 1);
      skipLine = length < 0;
    } else {
      decodeMessage(in, messages);
    }
  }

  /** What was sent last may lack its end. */
  @Override
  protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> messages) {
    while (in.isReadable()) {
      int before = in.readerIndex();
      decode(context, in, messages);
      if (in.readerIndex() == before) {
        take(in, in.readableBytes(), messages);
      }
    }
  }

  private void decodeMessage(ByteBuf in, List<Object> messages) {
    int digits = digits(in);
    int start = in.readerIndex() + digits;
    boolean known = in.readableBytes() > digits + 1;
    if (digits > 0 && known && in.getByte(start) == ' ' && in.getByte(start + 1) == '<') {
      counted(in, digits, messages);
    } else if (digits == 0 || known || lineLength(in) >= 0) {
      line(in, messages);
    }
  }

  /** How many digits it begins with: so many as a length may have, none after a zero. */
  private static int digits(ByteBuf in) {
    int digits = 0;
    while (digits < Math.min(LENGTH_DIGITS, in.readableBytes())) {
      int c = in.getByte(in.readerIndex() + digits);
      if (c < (digits == 0 ? '1' : '0') || c > '9') {
        break;
      }
      digits++;
    }
    return digits;
  }

  private void counted(ByteBuf in, int digits, List<Object> messages) {
    int length = 0;
    for (int i = 0; i < digits; i++) {
      length = 10 * length + in.getByte(in.readerIndex() + i) - '0';
    }
    int taken = Math.min(length, MESSAGE_BYTES);
    if (in.readableBytes() > digits + taken) {
      in.skipBytes(digits + 1);
      take(in, taken, messages);
      skipBytes = length - taken;
    }
  }

  private void line(ByteBuf in, List<Object> messages) {
    int length = lineLength(in);
    if (length >= 0 && length <= MESSAGE_BYTES) {
      take(in, length, messages);
      in.skipBytes(1);
    } else if (in.readableBytes() > MESSAGE_BYTES) {
      take(in, MESSAGE_BYTES, messages);
      skipLine = true;
    }
  }

  private static int lineLength(ByteBuf in) {
    return in.forEachByte(c -> c != '\n' && c != 0) - in.readerIndex();
  }

  private static void take(ByteBuf in, int length, List<Object> messages) {
    if (length > 0) {
      messages.add(ByteBufUtil.getBytes(in.readSlice(length)));
    }
  }
}
