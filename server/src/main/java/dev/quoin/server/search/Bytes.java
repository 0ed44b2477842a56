// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.io.ByteArrayOutputStream;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Numbers in bytes, the high byte first, as the scripts write them. */
final class Bytes {
  static final byte[] NONE = {};

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

  private Bytes() {}

  static long read(byte[] data, int at, int width) {
    long value = 0;
    for (int i = at; i < at + width; i++) {
      value = value << 8 | data[i] & 0xFF;
    }
    return value;
  }

  static double real(byte[] data, int at) {
    return Double.longBitsToDouble((long) LONG.get(data, at));
  }

  static int ordinal(byte[] data, int at) {
    return (data[at] & 0xFF) << 16 | (data[at + 1] & 0xFF) << 8 | data[at + 2] & 0xFF;
  }

  static byte[] write(long value, int width) {
    byte[] data = new byte[width];
    for (int i = width - 1; i >= 0; i--) {
      data[i] = (byte) value;
      value >>>= 8;
    }
    return data;
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static String text(byte[] data, int from, int to) {
    return new String(data, from, to - from, StandardCharsets.UTF_8);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.writeBytes(part);
    }
    return joined.toByteArray();
  }

  static byte[] from(byte[] data, int from) {
    return Arrays.copyOfRange(data, from, data.length);
  }
}
