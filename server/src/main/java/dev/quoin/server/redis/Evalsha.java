// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A script run by its digest. It is written straight into the buffer: what is alike in all runs of
 * a script is made once, keys and arguments are not copied on the way.
 */
final class Evalsha extends Command<String, byte[], List<Object>> {
  private static final byte[] END = {'\r', '\n'};

  private final RedisCodec<String, byte[]> codec;
  private final byte[] command;
  private final String[] keys;
  private final Object[] arguments;

  /**
   * @param command as {@link #command} writes it
   * @param arguments strings, whole numbers or byte arrays
   */
  Evalsha(RedisCodec<String, byte[]> codec, byte[] command, String[] keys, Object[] arguments) {
    super(CommandType.EVALSHA, new NestedMultiOutput<>(codec));
    this.codec = codec;
    this.command = command;
    this.keys = keys;
    this.arguments = arguments;
  }

  /** The command and the digest of a script, as Redis reads them. */
  static byte[] command(String sha) {
    return ("$7\r\nEVALSHA\r\n$" + sha.length() + "\r\n" + sha + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Only the first key: it tells a cluster's client which node to ask. */
  @Override
  public CommandArgs<String, byte[]> getArgs() {
    return new CommandArgs<>(codec).addKey(keys[0]);
  }

  @Override
  public void encode(ByteBuf buffer) {
    buffer.writeByte('*');
    writeNumber(buffer, 3 + keys.length + arguments.length);
    buffer.writeBytes(END).writeBytes(command);
    writeText(buffer, keys.length);
    for (String key : keys) {
      writeText(buffer, key);
    }
    for (Object argument : arguments) {
      if (argument instanceof byte[] bytes) {
        writeLength(buffer, bytes.length);
        buffer.writeBytes(bytes).writeBytes(END);
      } else if (argument instanceof Long || argument instanceof Integer) {
        writeText(buffer, ((Number) argument).longValue());
      } else {
        writeText(buffer, argument.toString());
      }
    }
  }

  private static void writeText(ByteBuf buffer, String text) {
    writeLength(buffer, ByteBufUtil.utf8Bytes(text));
    ByteBufUtil.writeUtf8(buffer, text);
    buffer.writeBytes(END);
  }

  private static void writeText(ByteBuf buffer, long number) {
    if (number >= 0 && number < 10) {
      writeLength(buffer, 1);
      buffer.writeByte('0' + (int) number);
    } else {
      String digits = Long.toString(number);
      writeLength(buffer, digits.length());
      ByteBufUtil.writeAscii(buffer, digits);
    }
    buffer.writeBytes(END);
  }

  private static void writeLength(ByteBuf buffer, int length) {
    buffer.writeByte('$');
    writeNumber(buffer, length);
    buffer.writeBytes(END);
  }

  private static void writeNumber(ByteBuf buffer, int number) {
    if (number < 10) {
      buffer.writeByte('0' + number);
    } else if (number < 100) {
      buffer.writeByte('0' + number / 10).writeByte('0' + number % 10);
    } else {
      ByteBufUtil.writeAscii(buffer, Integer.toString(number));
    }
  }
}
