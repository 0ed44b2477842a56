// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.internal.ExceptionFactory;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.function.BiConsumer;

/**
 * A script run by its digest. It writes itself as Redis reads it; what is alike in all runs of a
 * script is made once. It tells its answer without a future of Lettuce's around it.
 */
final class Evalsha extends Command<String, byte[], List<Object>> {
  private static final byte[] END = {'\r', '\n'};
  private static final ThreadLocal<Bytes> SCRATCH = ThreadLocal.withInitial(Bytes::new);
  private static final byte[][] DIGITS = {
    {'0'}, {'1'}, {'2'}, {'3'}, {'4'}, {'5'}, {'6'}, {'7'}, {'8'}, {'9'}
  };

  private final RedisCodec<String, byte[]> codec;
  private BiConsumer<? super List<Object>, ? super Throwable> listener;
  private final byte[] command;
  private final String[] keys;
  private final Object[] arguments;

  /**
   * @param command as {@link #command} writes it
   * @param readsOnly as it was given to that
   * @param arguments strings, whole numbers or byte arrays
   * @param listener told once: what the script returned, or why it did not
   */
  Evalsha(
      RedisCodec<String, byte[]> codec,
      byte[] command,
      boolean readsOnly,
      String[] keys,
      Object[] arguments,
      BiConsumer<? super List<Object>, ? super Throwable> listener) {
    super(readsOnly ? CommandType.EVALSHA_RO : CommandType.EVALSHA, new ArrayOutput(codec));
    this.codec = codec;
    this.listener = listener;
    this.command = command;
    this.keys = keys;
    this.arguments = arguments;
  }

  /** The command and the digest of a script, as Redis reads them. */
  static byte[] command(String sha, boolean readsOnly) {
    String name = readsOnly ? "$10\r\nEVALSHA_RO" : "$7\r\nEVALSHA";
    return (name + "\r\n$" + sha.length() + "\r\n" + sha + "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  @Override
  public void complete() {
    super.complete();
    if (getOutput().hasError()) {
      tell(null, ExceptionFactory.createExecutionException(getOutput().getError()));
    } else {
      tell(getOutput().get(), null);
    }
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    boolean completed = super.completeExceptionally(failure);
    tell(null, failure);
    return completed;
  }

  @Override
  public void cancel() {
    super.cancel();
    tell(null, new CancellationException("the connection to Redis broke"));
  }

  private void tell(List<Object> values, Throwable failure) {
    BiConsumer<? super List<Object>, ? super Throwable> told;
    synchronized (this) {
      told = listener;
      listener = null;
    }
    if (told != null) {
      told.accept(values, failure);
    }
  }

  /** Only the first key: it tells a cluster's client which node to ask. */
  @Override
  public CommandArgs<String, byte[]> getArgs() {
    return new CommandArgs<>(codec).addKey(keys[0]);
  }

  /**
   * Collected in an array of the thread first: many small writes to a buffer cost more than one
   * long one.
   */
  @Override
  public void encode(ByteBuf buffer) {
    Bytes bytes = SCRATCH.get();
    try {
      collect(bytes);
      buffer.writeBytes(bytes.array, 0, bytes.length);
    } finally {
      bytes.clear();
    }
  }

  private void collect(Bytes bytes) {
    bytes.add((byte) '*');
    bytes.add(3 + keys.length + arguments.length);
    bytes.add(END);
    bytes.add(command);
    bytes.addPart(keys.length);
    for (String key : keys) {
      bytes.addPart(key.getBytes(StandardCharsets.UTF_8));
    }
    for (Object argument : arguments) {
      if (argument instanceof byte[] value) {
        bytes.addPart(value);
      } else if (argument instanceof Long || argument instanceof Integer) {
        bytes.addPart(((Number) argument).longValue());
      } else {
        bytes.addPart(argument.toString().getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** A growing array. A part is a string of the protocol: its length and its bytes. */
  private static final class Bytes {
    private static final int USUAL = 4 * 1024;

    private byte[] array = new byte[USUAL];
    private int length;

    void clear() {
      length = 0;
      if (array.length > USUAL) {
        array = new byte[USUAL];
      }
    }

    void addPart(byte[] value) {
      add((byte) '$');
      add(value.length);
      add(END);
      add(value);
      add(END);
    }

    void addPart(long number) {
      addPart(
          number >= 0 && number < 10
              ? DIGITS[(int) number]
              : Long.toString(number).getBytes(StandardCharsets.ISO_8859_1));
    }

    void add(int number) {
      if (number < 10) {
        add((byte) ('0' + number));
      } else if (number < 100) {
        add((byte) ('0' + number / 10));
        add((byte) ('0' + number % 10));
      } else {
        add(Integer.toString(number).getBytes(StandardCharsets.ISO_8859_1));
      }
    }

    void add(byte value) {
      reserve(1);
      array[length++] = value;
    }

    void add(byte[] value) {
      reserve(value.length);
      System.arraycopy(value, 0, array, length, value.length);
      length += value.length;
    }

    private void reserve(int more) {
      if (array.length - length < more) {
        array = Arrays.copyOf(array, Math.max(2 * array.length, length + more));
      }
    }
  }
}
