// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import build.buf.validate.MessageOneofRule;
import build.buf.validate.ValidateProto;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Duration;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Makes requests of any type by the rules of its fields: good ones, ones whose values stand on a
 * limit, ones that break a rule, and nonsense.
 */
final class RequestGenerator {
  private static final int DEPTH = 4;
  private static final int USUAL_LENGTH = 24;
  private static final int USUAL_ITEMS = 3;

  /** More than the server takes is made seldom, so that most requests are quick. */
  private static final int HUGE = 20_000;

  private static final String[] ODD = {
    "\n", "\0", "\t", "\u007f", "\u0080", "\u2028", "\u202e", "\ufeff", "\uffff", "\ud83d",
    "\ude00", "\u0301"
  };
  private static final String[] UNITS = {
    "a", "Z", "9", " ", "é", "語", "😀", "{", "}", ":", "/", "*", "?", "[", "]", "%", "\\", "\"",
    "'", "-", "+", "$", "(", "~", "|", "^", "<"
  };
  private static final String[] QUERY = {
    "red",
    "AND",
    "OR",
    "NOT",
    "(",
    ")",
    "\"",
    "price:",
    "title:",
    "*",
    "~",
    "-",
    "+",
    "[1 TO 5]",
    "{1 TO",
    "]",
    "^2",
    ":",
    "\\",
    "语",
    ">=",
    "1e999",
    "*:*",
    "/a.*/"
  };
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    10,
    100,
    65_536,
    1L << 31,
    (1L << 53) - 1,
    1L << 53,
    (1L << 53) + 1,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final double[] REALS = {
    0,
    -0.0,
    0.5,
    -1.5,
    1e-300,
    1e100,
    Double.MAX_VALUE,
    Double.MIN_VALUE,
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY
  };
  private static final long[] SECONDS = {
    0,
    1,
    60,
    -1,
    1_700_000_000L,
    253_402_300_799L,
    253_402_300_800L,
    -62_135_596_800L,
    -62_135_596_801L,
    Long.MAX_VALUE,
    Long.MIN_VALUE
  };
  private static final int[] NANOS = {
    0, 1, -1, 500_000_000, 999_999_999, 1_000_000_000, Integer.MAX_VALUE, Integer.MIN_VALUE
  };

  private final Random random;
  private final Harvest harvest;
  private final String mark;
  private final Map<FieldDescriptor, Bounds> bounds = new HashMap<>();

  /** How likely a value breaks its rule. */
  private double badness;

  RequestGenerator(Random random, Harvest harvest) {
    this(random, harvest, "n");
  }

  /**
   * Makes requests.
   *
   * @param mark what the few names begin with that many requests have in common
   */
  RequestGenerator(Random random, Harvest harvest, String mark) {
    this.random = random;
    this.harvest = harvest;
    this.mark = mark;
  }

  /** A request of the type of a prototype. */
  Message next(Message prototype) {
    int roll = random.nextInt(10);
    int fields = Math.max(1, prototype.getDescriptorForType().getFields().size());
    badness = roll < 5 ? 0 : roll < 9 ? 1.0 / fields : 0.5;
    return fill(prototype.newBuilderForType(), DEPTH).build();
  }

  /** A request that keeps the rules of each field. */
  Message good(Message prototype) {
    badness = 0;
    return fill(prototype.newBuilderForType(), DEPTH).build();
  }

  /** A good request that is not empty, if its type has any field. */
  Message full(Message prototype) {
    boolean hasFields = !prototype.getDescriptorForType().getFields().isEmpty();
    Message request = good(prototype);
    while (hasFields && request.getSerializedSize() < 2) {
      request = good(prototype);
    }
    return request;
  }

  private Message.Builder fill(Message.Builder builder, int depth) {
    for (FieldDescriptor field : builder.getDescriptorForType().getFields()) {
      Bounds allowed = bounds.computeIfAbsent(field, Bounds::of);
      if (isLeftOut(field, allowed)) {
        continue;
      }
      if (field.isMapField()) {
        addEntries(builder, field, allowed, depth);
      } else if (field.isRepeated()) {
        Bounds items = allowed.items();
        for (int left = count(allowed, depth); left > 0; left--) {
          builder.addRepeatedField(field, value(builder, field, items, depth));
        }
      } else {
        builder.setField(field, value(builder, field, allowed, depth));
      }
    }
    chooseOne(builder);
    return builder;
  }

  /** Leaves one of the fields of which only one may be set. */
  private void chooseOne(Message.Builder builder) {
    Descriptor type = builder.getDescriptorForType();
    for (MessageOneofRule rule :
        type.getOptions().getExtension(ValidateProto.message).getOneofList()) {
      if (!isBad()) {
        String kept = rule.getFields(random.nextInt(rule.getFieldsCount()));
        rule.getFieldsList().stream()
            .filter(name -> !name.equals(kept))
            .forEach(name -> builder.clearField(type.findFieldByName(name)));
      }
    }
  }

  private boolean isLeftOut(FieldDescriptor field, Bounds allowed) {
    if (isBad()) {
      return random.nextInt(3) == 0;
    }
    // Long waits would only make the run long.
    int odds = field.getName().equals("wait") ? 1 : field.getJavaType() == JavaType.MESSAGE ? 4 : 6;
    boolean isNeeded = allowed.isRequired() || allowed.min() > 0 && !field.hasPresence();
    return !isNeeded && random.nextInt(10) >= odds;
  }

  private void addEntries(
      Message.Builder builder, FieldDescriptor field, Bounds allowed, int depth) {
    FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
    FieldDescriptor value = field.getMessageType().findFieldByNumber(2);
    Set<Object> keys = new HashSet<>();
    for (int left = count(allowed, depth); left > 0; left--) {
      Message.Builder entry = builder.newBuilderForField(field);
      Object name = value(entry, key, allowed.keys(), depth);
      if (keys.add(name)) {
        entry.setField(key, name);
        entry.setField(value, value(entry, value, allowed.items(), depth));
        builder.addRepeatedField(field, entry.build());
      }
    }
  }

  private int count(Bounds allowed, int depth) {
    long min = (long) Math.max(0, allowed.min());
    long max = (long) Math.min(2_000, allowed.max());
    if (isBad()) {
      return (int) (random.nextBoolean() || depth < DEPTH ? Math.max(0, min - 1) : max + 1);
    }
    boolean isFull = depth == DEPTH && random.nextInt(200) == 0;
    return (int) (isFull ? max : Math.min(max, min + random.nextInt(USUAL_ITEMS)));
  }

  private Object value(Message.Builder builder, FieldDescriptor field, Bounds allowed, int depth) {
    if (field.getJavaType() != JavaType.MESSAGE && random.nextInt(10) < 6) {
      Object seen = harvest.valueFor(field);
      if (seen != null) {
        return isBad() || badness > 0 && random.nextInt(10) == 0 ? tampered(seen) : seen;
      }
    }
    return switch (field.getJavaType()) {
      case STRING -> text(field, allowed);
      case BYTE_STRING -> ByteString.copyFrom(new byte[length(allowed)]);
      case INT -> (int) number(allowed, Integer.MIN_VALUE, Integer.MAX_VALUE);
      case LONG -> number(allowed, Long.MIN_VALUE, Long.MAX_VALUE);
      case BOOLEAN -> random.nextBoolean();
      case FLOAT -> (float) real(allowed);
      case DOUBLE -> real(allowed);
      case ENUM -> enumValue(field.getEnumType(), allowed);
      case MESSAGE -> message(builder, field, allowed, depth);
    };
  }

  private Object message(
      Message.Builder builder, FieldDescriptor field, Bounds allowed, int depth) {
    Message.Builder nested = builder.newBuilderForField(field);
    if (nested instanceof Duration.Builder duration) {
      return isBad() ? nonsense() : seconds(duration, real(allowed));
    }
    if (nested instanceof Timestamp.Builder timestamp) {
      Duration since = isBad() ? nonsense() : now();
      return timestamp.setSeconds(since.getSeconds()).setNanos(since.getNanos()).build();
    }
    if (nested instanceof Struct.Builder struct) {
      int members = random.nextInt(4);
      for (int i = 0; i < members; i++) {
        struct.putFields(UNITS[random.nextInt(UNITS.length)], json(random.nextInt(8)));
      }
      return isBad() ? struct.putFields("deep", json(60)).build() : struct.build();
    }
    if (nested instanceof Value.Builder) {
      return json(isBad() ? 60 : random.nextInt(4));
    }
    return depth == 0 ? nested.build() : fill(nested, depth - 1).build();
  }

  private Value json(int depth) {
    Value.Builder value = Value.newBuilder();
    if (depth > 0) {
      ListValue.Builder list = ListValue.newBuilder().addValues(json(depth - 1));
      return value.setListValue(list).build();
    }
    return switch (random.nextInt(4)) {
      case 0 -> value.setNumberValue(REALS[random.nextInt(REALS.length)]).build();
      case 1 -> value.setBoolValue(true).build();
      case 2 -> value.setNullValueValue(0).build();
      default -> value.setStringValue(units(random.nextInt(USUAL_LENGTH))).build();
    };
  }

  private Object tampered(Object seen) {
    if (!(seen instanceof String text)) {
      return (Long) seen + NUMBERS[random.nextInt(NUMBERS.length)];
    }
    int at = random.nextInt(text.length() + 1);
    return switch (random.nextInt(4)) {
      case 0 -> text.substring(0, at);
      case 1 -> text + text;
      case 2 -> text.substring(0, at) + 'A' + text.substring(Math.min(text.length(), at + 1));
      default -> text + '=';
    };
  }

  private String text(FieldDescriptor field, Bounds allowed) {
    if (field.getName().equals("query") || field.getName().equals("filter")) {
      StringBuilder query = new StringBuilder();
      for (int left = random.nextInt(8); left >= 0; left--) {
        query.append(QUERY[random.nextInt(QUERY.length)]).append(random.nextInt(3) == 0 ? "" : " ");
      }
      return query.toString();
    }
    boolean isBad = isBad();
    if (isBad && random.nextBoolean()) {
      String odd = ODD[random.nextInt(ODD.length)];
      return random.nextBoolean() ? odd : "a" + odd + "b";
    }
    if (!isBad && allowed.min() > 0 && allowed.max() <= 512 && random.nextInt(10) < 7) {
      return mark + random.nextInt(6);
    }
    int length = isBad ? badLength(allowed) : length(allowed);
    return allowed.isPlain() ? "a".repeat(length) : units(length);
  }

  /** So many bytes, mostly. */
  private String units(int length) {
    String unit = UNITS[random.nextInt(UNITS.length)];
    int bytes = unit.getBytes(StandardCharsets.UTF_8).length;
    return unit.repeat(length / bytes) + "a".repeat(length % bytes);
  }

  private int badLength(Bounds allowed) {
    boolean isHuge = allowed.max() > HUGE && random.nextInt(50) > 0;
    return random.nextBoolean() || isHuge
        ? (int) Math.max(0, allowed.min() - 1)
        : (int) Math.min(allowed.max() + 1, 1 << 21);
  }

  private int length(Bounds allowed) {
    int min = (int) Math.max(0, allowed.min());
    int max = (int) Math.min(allowed.max(), 1 << 20);
    boolean mayBeFull = max < HUGE || random.nextInt(100) == 0;
    return switch (random.nextInt(8)) {
      case 0 -> min;
      case 1 -> mayBeFull ? max : min;
      default -> Math.min(max, min + random.nextInt(USUAL_LENGTH));
    };
  }

  private long number(Bounds allowed, long least, long most) {
    if (isBad() || allowed.min() == Double.NEGATIVE_INFINITY && random.nextInt(4) == 0) {
      long number = NUMBERS[random.nextInt(NUMBERS.length)];
      return Math.max(least, Math.min(most, number));
    }
    double min = Math.max(least, Double.isInfinite(allowed.min()) ? 0 : allowed.min());
    double max = Math.min(most, allowed.max());
    return (long)
        switch (random.nextInt(6)) {
          case 0 -> min;
          case 1 -> max;
          default -> Math.min(max, min + random.nextInt(10));
        };
  }

  private double real(Bounds allowed) {
    if (isBad()) {
      return REALS[random.nextInt(REALS.length)];
    }
    double min = Double.isInfinite(allowed.min()) ? 0 : allowed.min();
    double max = Double.isInfinite(allowed.max()) ? min + 100 : allowed.max();
    return switch (random.nextInt(6)) {
      case 0 -> min;
      case 1 -> max;
      default -> min + random.nextDouble() * Math.min(max - min, 10);
    };
  }

  private Object enumValue(EnumDescriptor type, Bounds allowed) {
    if (isBad()) {
      return type.findValueByNumberCreatingIfUnknown(random.nextBoolean() ? 0 : 987_654);
    }
    int first = allowed.refusesZero() ? 1 : 0;
    return type.getValues().get(first + random.nextInt(type.getValues().size() - first));
  }

  private static Duration seconds(Duration.Builder duration, double seconds) {
    long whole = (long) seconds;
    return duration.setSeconds(whole).setNanos((int) ((seconds - whole) * 1e9)).build();
  }

  private Duration now() {
    long around = random.nextInt(7_200) - 3_600L;
    return Duration.newBuilder().setSeconds(System.currentTimeMillis() / 1_000 + around).build();
  }

  private Duration nonsense() {
    return Duration.newBuilder()
        .setSeconds(SECONDS[random.nextInt(SECONDS.length)])
        .setNanos(NANOS[random.nextInt(NANOS.length)])
        .build();
  }

  private boolean isBad() {
    return badness > 0 && random.nextDouble() < badness;
  }
}
