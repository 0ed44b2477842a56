// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.output.CommandOutput;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Collects the numbers and strings of an array that holds no arrays. */
final class ArrayOutput extends CommandOutput<String, byte[], List<Object>> {
  private static final int USUAL = 5;

  ArrayOutput(RedisCodec<String, byte[]> codec) {
    super(codec, null);
  }

  @Override
  public void multi(int count) {
    if (output == null) {
      output = new ArrayList<>(Math.max(count, 0));
    }
  }

  @Override
  public void set(long value) {
    add(value);
  }

  @Override
  public void set(ByteBuffer bytes) {
    add(bytes == null ? null : codec.decodeValue(bytes));
  }

  @Override
  public void setSingle(ByteBuffer bytes) {
    set(bytes);
  }

  private void add(Object value) {
    multi(USUAL);
    output.add(value);
  }
}
