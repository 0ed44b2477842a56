// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
import java.util.Random;

/** Messages of any type whose fields are often just inside or just outside of a usual limit. */
final class RandomMessages {
  private static final int[] LENGTHS = {0, 0, 1, 2, 3, 5, 20, 63, 64, 65, 127, 128, 129, 256, 512};
  private static final String[] ODD = {
    "\n", "\0", "\t", "\u007f", " ", "!", "~", "\u0080", "é", "\u2028", "語", "😀", "\ud83d",
    "\ude00", "]"
  };
  private static final long[] SECONDS = {
    0,
    0,
    0,
    1,
    2,
    10,
    -1,
    86_399,
    86_400,
    86_401,
    315_576_000_000L,
    315_576_000_001L,
    -315_576_000_000L,
    -315_576_000_001L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final int[] NANOS = {
    0,
    0,
    0,
    1,
    -1,
    99_999_999,
    100_000_000,
    100_000_001,
    500_000_000,
    999_999_999,
    -999_999_999,
    1_000_000_000,
    -1_000_000_000,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE
  };
  private static final long[] NUMBERS = {
    0,
    1,
    2,
    9,
    10,
    11,
    -1,
    -10,
    100,
    1000,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };

  private static final double[] REALS = {
    0,
    -0.0,
    0.5,
    1,
    1.5,
    10,
    -1,
    -1.5,
    1e100,
    -1e100,
    1.1e100,
    Double.MAX_VALUE,
    Double.MIN_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };

  private final Random random;

  /** Whether values are of the usual kind: a request with many fields is hardly ever good else. */
  private boolean tame;

  RandomMessages(long seed) {
    random = new Random(seed);
  }

  Message like(Message prototype) {
    tame = random.nextInt(8) == 0;
    return fill(prototype.newBuilderForType(), 3).build();
  }

  private Message.Builder fill(Message.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      if (random.nextInt(4) == 0) {
        continue;
      }
      if (!field.isRepeated()) {
        builder.setField(field, value(builder, field, depth));
        continue;
      }
      for (int left = random.nextInt(5); left > 0; left--) {
        builder.addRepeatedField(field, value(builder, field, depth));
      }
    }
    return builder;
  }

  private Object value(Message.Builder builder, FieldDescriptor field, int depth) {
    return tame && field.getJavaType() != FieldDescriptor.JavaType.MESSAGE
        ? tameValue(field)
        : anyValue(builder, field, depth);
  }

  private Object tameValue(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case STRING -> "a";
      case BYTE_STRING -> ByteString.copyFrom(new byte[1]);
      case INT -> 1 + random.nextInt(2);
      case LONG -> 1L + random.nextInt(2);
      case BOOLEAN -> random.nextBoolean();
      case FLOAT -> 1f;
      case DOUBLE -> 1.0;
      case ENUM -> enumValue(field.getEnumType());
      case MESSAGE -> throw new IllegalArgumentException("a message has values itself");
    };
  }

  private Object anyValue(Message.Builder builder, FieldDescriptor field, int depth) {
    return switch (field.getJavaType()) {
      case STRING -> text();
      case BYTE_STRING -> ByteString.copyFrom(new byte[LENGTHS[random.nextInt(LENGTHS.length)]]);
      case INT -> (int) NUMBERS[random.nextInt(NUMBERS.length)];
      case LONG -> NUMBERS[random.nextInt(NUMBERS.length)];
      case BOOLEAN -> random.nextBoolean();
      case FLOAT -> random.nextFloat();
      case DOUBLE -> REALS[random.nextInt(REALS.length)];
      case ENUM -> enumValue(field.getEnumType());
      case MESSAGE -> message(builder, field, depth);
    };
  }

  private Object message(Message.Builder builder, FieldDescriptor field, int depth) {
    if (field.getMessageType() == Duration.getDescriptor()) {
      return duration();
    }
    if (field.getMessageType() == Timestamp.getDescriptor()) {
      Duration since = duration();
      return Timestamp.newBuilder()
          .setSeconds(since.getSeconds())
          .setNanos(since.getNanos())
          .build();
    }
    Message.Builder nested = builder.newBuilderForField(field);
    return depth == 0 ? nested.build() : fill(nested, depth - 1).build();
  }

  private Object enumValue(EnumDescriptor type) {
    int count = type.getValues().size();
    int pick = random.nextInt(count + 1);
    boolean canBeUnknown = !type.isClosed();
    return pick == count && canBeUnknown
        ? type.findValueByNumberCreatingIfUnknown(987_654)
        : type.getValues().get(pick % count);
  }

  private String text() {
    int length = LENGTHS[random.nextInt(LENGTHS.length)];
    String unit = random.nextInt(6) == 0 ? ODD[random.nextInt(ODD.length)] : "a";
    StringBuilder text = new StringBuilder(unit.repeat(length));
    if (random.nextInt(5) == 0) {
      text.insert(random.nextBoolean() ? length : 0, ODD[random.nextInt(ODD.length)]);
    }
    return text.toString();
  }

  private Duration duration() {
    if (tame) {
      return Duration.newBuilder().setSeconds(3 + random.nextInt(3)).build();
    }
    return Duration.newBuilder()
        .setSeconds(SECONDS[random.nextInt(SECONDS.length)])
        .setNanos(NANOS[random.nextInt(NANOS.length)])
        .build();
  }
}
