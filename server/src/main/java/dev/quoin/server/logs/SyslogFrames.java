// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.TooLongFrameException;
import java.util.List;

/**
 * Cuts what comes over a TCP connection into messages, as RFC 6587 describes: a message begins with
 * its length, "42 &lt;13&gt;...", or else ends with a line feed. A message that is too long ends
 * the connection.
 */
final class SyslogFrames extends ByteToMessageDecoder {
  static final int MESSAGE_BYTES = 64 * 1024;
  private static final int LENGTH_DIGITS = 5;

  @Override
  protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> messages) {
    int first = in.getByte(in.readerIndex());
    boolean counted = first >= '1' && first <= '9';
    ByteBuf message = counted ? counted(in) : line(in);
    if (message != null) {
      if (message.isReadable()) {
        messages.add(ByteBufUtil.getBytes(message));
      }
      message.release();
    }
  }

  /** What was sent last may lack its line feed. */
  @Override
  protected void decodeLast(ChannelHandlerContext context, ByteBuf in, List<Object> messages) {
    while (in.isReadable()) {
      int before = in.readerIndex();
      decode(context, in, messages);
      if (in.readerIndex() == before) {
        messages.add(ByteBufUtil.getBytes(in.readSlice(in.readableBytes())));
      }
    }
  }

  private static ByteBuf counted(ByteBuf in) {
    int length = 0;
    for (int i = 0; i <= LENGTH_DIGITS && i < in.readableBytes(); i++) {
      int c = in.getByte(in.readerIndex() + i);
      if (c == ' ') {
        if (length > MESSAGE_BYTES) {
          throw new TooLongFrameException("a syslog message of " + length + " bytes");
        }
        return in.readableBytes() > i + length
            ? in.skipBytes(i + 1).readRetainedSlice(length)
            : null;
      }
      if (c < '0' || c > '9') {
        return line(in);
      }
      length = 10 * length + c - '0';
    }
    if (in.readableBytes() > LENGTH_DIGITS) {
      return line(in);
    }
    return null;
  }

  private static ByteBuf line(ByteBuf in) {
    int length = in.bytesBefore((byte) '\n');
    if (length > MESSAGE_BYTES || length < 0 && in.readableBytes() > MESSAGE_BYTES) {
      throw new TooLongFrameException("a syslog message of more than " + MESSAGE_BYTES + " bytes");
    }
    if (length < 0) {
      return null;
    }
    ByteBuf line = in.readRetainedSlice(length);
    in.skipBytes(1);
    return line;
  }
}
